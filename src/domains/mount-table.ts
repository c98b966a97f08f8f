// Where a folder lies, by the mount table alone: cached stat and statfs still succeed on a CephFS that hangs, and prove nothing.

export interface Mount {
  /** e.g. `ceph`, `fuse.ceph-fuse`, `ext4`. */
  readonly type: string
  /** The folder it is mounted on. */
  readonly at: string
  readonly source: string
}

/** The mount that a folder lies on, from the text of /proc/mounts. Symbolic links on the way are not followed: that would touch the folder. */
export function findMount(table: string, folder: string): Mount {
  let best: Mount = { type: 'unknown', at: '/', source: '' }
  for (const line of table.split('\n')) {
    const [source, at, type] = line.split(' ').map(unescape)
    if (source === undefined || at === undefined || type === undefined) continue
    const isAbove = at === '/' || folder === at || folder.startsWith(`${at}/`)
    // Of two on one folder the later one is seen.
    if (isAbove && at.length >= best.at.length) best = { type, at, source }
  }
  return best
}

export function isCephFs(mount: Mount): boolean {
  return mount.type === 'ceph' || mount.type === 'fuse.ceph-fuse' || mount.type === 'fuse.ceph'
}

/** The kernel writes blanks in names as octal. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  )
}
