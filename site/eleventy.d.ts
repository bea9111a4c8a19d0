/** What flowscan uses of Eleventy, which brings no types. */
declare module '@11ty/eleventy' {
  interface UserConfig {
    setIncludesDirectory(directory: string): void
    setTemplateFormats(formats: readonly string[]): void
    setNunjucksEnvironmentOptions(options: object): void
    addGlobalData(name: string, data: unknown): void
    addTemplate(path: string, content: string, data: object): void
    /** Its times of slow shortcodes are printed even in quiet mode, unless told otherwise. */
    readonly benchmarkManager: { get(group: string): { setIsVerbose(isVerbose: boolean): void } }
    addShortcode(name: string, shortcode: (...values: never[]) => string): void
  }
  export default class Eleventy {
    constructor(
      input: string,
      output: string,
      options: { configPath: null; quietMode: boolean; config(config: UserConfig): void },
    )
    disableLogger(): void
    toJSON(): Promise<{ url: string; content: string }[]>
  }
}
