// What the terminal can show, as its environment says: colours or none, UTF-8 or ASCII.

export interface Look {
  readonly color: boolean
  readonly ascii: boolean
}

/**
 * NO_COLOR (not empty) takes colours away, bold and inverse stay. ASCII where the locale is not UTF-8, and on terminals whose
 * fonts lack the signs (Linux's own, vt100). What was said on the command line goes first.
 */
export function lookOf(
  env: Readonly<Record<string, string | undefined>>,
  said: { readonly color?: boolean | undefined; readonly ascii?: boolean | undefined } = {},
): Look {
  const term = env['TERM'] ?? ''
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  const isUtf8 = /utf-?8/i.test(locale)
  const isPoor = /^(linux|vt\d+|dumb|ansi)/.test(term)
  return {
    color:
      said.color ?? ((env['NO_COLOR'] ?? '') === '' && term !== 'dumb' && !/^vt\d+$/.test(term)),
    ascii: said.ascii ?? (!isUtf8 || isPoor),
  }
}
