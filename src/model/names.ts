// Which names things may have: they become keys in etcd, names of files, and words on a line.

/** HWMs, groups, labels, clusters. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/
export const NAME_EXPECTED =
  'a name of letters, digits, dot, dash and underscore that begins with a letter or digit'

/**
 * VMs have libvirt's names, which may hold blanks and more, but never a slash or a line break. Two underscores at the beginning are
 * refused: `__proto__` is no name in a language where every record has one.
 */
export const VM_NAME = /^(?!__|\s)[^/\p{Cc}]{1,255}(?<!\s)$/u
export const VM_NAME_EXPECTED =
  "a libvirt domain's name: no slash, no control character, no blank at its ends"

/** A cluster's own dimension: a word that reads as a field beside `ram` and `cpu`. */
export const DIMENSION = /^[a-z][a-z0-9-]{0,62}$/
export const DIMENSION_EXPECTED = 'a word of small letters, digits and dashes'
