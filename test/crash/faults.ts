import type { Fault } from './product.ts'

/* Flowscans that were made worse, so that the harness can show that it notices. */

export const NO_FILE_FSYNC: Fault = {
  name: 'no fsync of files',
  file: 'ingest/store/files.js',
  from: 'at += writeSync(descriptor, bytes, at);\n            fsyncSync(descriptor);',
  to: 'at += writeSync(descriptor, bytes, at);',
}

export const NO_DIRECTORY_FSYNC: Fault = {
  name: 'no fsync of directories',
  file: 'ingest/store/files.js',
  from: 'export function syncDirectory(path) {',
  to: 'export function syncDirectory(path) {\n    if (path !== "") return;',
}

export const MOVE_BEFORE_PART: Fault = {
  name: 'the flow file moves before its part is written',
  file: 'ingest/store/part.js',
  from: 'writeVerified(path, part.bytes);',
  to: 'queueMicrotask(() => writeVerified(path, part.bytes));',
}

export const IN_PLACE: Fault = {
  name: 'files are written under their own names',
  file: 'ingest/store/files.js',
  from: "const temporary = temporaryFor(path);\n    const descriptor = openSync(temporary, 'wx');",
  to: "const temporary = path;\n    const descriptor = openSync(temporary, 'w');",
}

export const SILENCE_IS_ABSENCE: Fault = {
  name: 'a name of which the disk does not tell is taken for free',
  file: 'ingest/store/files.js',
  from: 'return statSync(path, { throwIfNoEntry: false }) !== undefined;',
  to: 'return existsSync(path);',
}
