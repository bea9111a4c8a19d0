import type { ConfigInput } from './schema.ts'

export type { ConfigInput } from './schema.ts'

/** Gives the editor the types of a config; returns it unchanged. `export default defineConfig({ … })`. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config
}
