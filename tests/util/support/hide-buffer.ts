// Takes Buffer away from the modules that are loaded next, until restore-buffer is.
export const hidden = globalThis.Buffer

Reflect.set(globalThis, 'Buffer', undefined)
