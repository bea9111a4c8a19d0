import type { Fault } from '../crash/product.ts'

/** A flowscan that writes a release over what visitors see, and exchanges no link. */
export const IN_PLACE: Fault = {
  name: 'the site is rebuilt in place',
  file: 'site/release.js',
  from: '            swap(siteDirectory, number);',
  to: `const fs = process.getBuiltinModule('node:fs');
       const live = join(siteDirectory, 'live');
       fs.rmSync(live, { recursive: true, force: true });
       fs.cpSync(target, live, { recursive: true, verbatimSymlinks: true });
       if (!fs.existsSync(join(siteDirectory, 'current'))) fs.symlinkSync('live', join(siteDirectory, 'current'));`,
}
