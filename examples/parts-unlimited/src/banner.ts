/** The line above the shop, from `$BANNER`: the one value that differs from environment to environment. Empty: no line. */
export function bannerText(setting: string): string {
  return setting.trim()
}
