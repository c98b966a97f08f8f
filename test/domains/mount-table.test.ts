import { expect, test } from 'vitest'
import { findMount, isCephFs } from '../../src/domains/mount-table.ts'

const TABLE = `/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
10.0.0.1:6789:/ /srv ceph rw,name=admin 0 0
ceph-fuse /srv/other fuse.ceph-fuse rw 0 0
tmpfs /srv/my\\040folder tmpfs rw 0 0
/dev/sdb1 /mnt ext4 rw 0 0
ceph-fuse /mnt fuse.ceph-fuse rw 0 0
`

test.each([
  ['/srv/domains', 'ceph', '/srv', true],
  ['/srv', 'ceph', '/srv', true],
  ['/srv/other/domains', 'fuse.ceph-fuse', '/srv/other', true],
  ['/srv/my folder/x', 'tmpfs', '/srv/my folder', false],
  ['/srvx', 'ext4', '/', false],
  ['/mnt/domains', 'fuse.ceph-fuse', '/mnt', true],
])('%s lies on %s at %s', (folder, type, at, isCeph) => {
  const mount = findMount(TABLE, folder)
  expect([mount.type, mount.at, isCephFs(mount)]).toEqual([type, at, isCeph])
})

test('an empty table tells nothing', () => {
  expect(findMount('', '/srv').type).toBe('unknown')
})
