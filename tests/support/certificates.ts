// Certificates to throw away, made with the openssl command on first use: an authority, a server and a client
// that it vouches for, and an authority that vouches for neither. They are kept in the system's temporary
// folder for the day, so that test files which run side by side make them once.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface TestCertificates {
  /** Certificate of the authority that vouches for server and client. */
  readonly ca: string
  /** For localhost, 127.0.0.1 and ::1. */
  readonly serverCert: string
  readonly serverKey: string
  /** Common name `test-client`. */
  readonly clientCert: string
  readonly clientKey: string
  /** Certificate of an authority that vouches for nothing here. */
  readonly otherCa: string
}

const files: Readonly<Record<keyof TestCertificates, string>> = {
  ca: 'ca.crt',
  serverCert: 'server.crt',
  serverKey: 'server.key',
  clientCert: 'client.crt',
  clientKey: 'client.key',
  otherCa: 'other-ca.crt',
}

let made: Promise<TestCertificates> | undefined

export function testCertificates(): Promise<TestCertificates> {
  made ??= load()
  return made
}

async function load(): Promise<TestCertificates> {
  const day = new Date().toISOString().slice(0, 10)
  const owner = process.getuid?.() ?? 'user'
  const folder = join(tmpdir(), `amqp1-test-certificates-${owner}-${day}`)
  return (await read(folder)) ?? (await make(folder))
}

/** The certificates in the folder; undefined when they have not been made. */
async function read(folder: string): Promise<TestCertificates | undefined> {
  try {
    const texts = await Promise.all(
      Object.entries(files).map(async ([name, file]) => [name, await readFile(join(folder, file), 'utf8')]),
    )
    return Object.fromEntries(texts) as TestCertificates
  } catch {
    return undefined
  }
}

async function make(folder: string): Promise<TestCertificates> {
  await mkdir(tmpdir(), { recursive: true })
  const workshop = await mkdtemp(`${folder}-`)
  try {
    await authority(workshop, 'ca', 'amqp1 test authority')
    await authority(workshop, 'other-ca', 'amqp1 other authority')
    await certificate(workshop, 'server', 'localhost', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1')
    await certificate(workshop, 'client', 'test-client', 'extendedKeyUsage=clientAuth')
    await rename(workshop, folder)
  } catch (error) {
    await rm(workshop, { recursive: true, force: true })
    // Another process was faster; what it made is as good.
    const theirs = await read(folder)
    if (theirs === undefined) throw error
    return theirs
  }
  const certificates = await read(folder)
  if (certificates === undefined) throw new Error(`the certificates in ${folder} are incomplete`)
  return certificates
}

async function authority(folder: string, name: string, commonName: string): Promise<void> {
  await key(folder, name)
  await openssl(
    folder,
    'req',
    '-x509',
    '-new',
    '-key',
    `${name}.key`,
    '-subj',
    `/CN=${commonName}`,
    '-days',
    '2',
    '-out',
    `${name}.crt`,
  )
}

async function certificate(
  folder: string,
  name: string,
  commonName: string,
  extension: string,
): Promise<void> {
  await key(folder, name)
  await openssl(
    folder,
    'req',
    '-new',
    '-key',
    `${name}.key`,
    '-subj',
    `/CN=${commonName}`,
    '-out',
    `${name}.csr`,
  )
  await writeFile(join(folder, `${name}.ext`), `${extension}\n`)
  const signed = [
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    `${name}.ext`,
  ]
  await openssl(folder, 'x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.crt`)
}

async function key(folder: string, name: string): Promise<void> {
  await openssl(folder, 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`)
}

async function openssl(folder: string, ...args: string[]): Promise<void> {
  await run('openssl', args, { cwd: folder })
}
