// What the platform's cryptography has under way, on threads of its own. A clock that stands still cannot wait for it by
// turns of the event loop: how many it takes depends on how busy the machine is.

const METHODS = ['digest', 'importKey', 'sign', 'verify', 'deriveBits'] as const

const underWay = new Set<Promise<unknown>>()

type Method = (...args: unknown[]) => Promise<unknown>
const subtle = Object.getPrototypeOf(globalThis.crypto.subtle) as Record<string, Method>

for (const name of METHODS) {
  const original = subtle[name] as Method
  subtle[name] = function (this: unknown, ...args: unknown[]): Promise<unknown> {
    const work = original.apply(this, args)
    underWay.add(work)
    const done = () => underWay.delete(work)
    work.then(done, done)
    return work
  }
}

/** Waits for what is under way now; false when nothing was. */
export async function cryptoWork(): Promise<boolean> {
  if (underWay.size === 0) return false
  await Promise.allSettled(underWay)
  return true
}
