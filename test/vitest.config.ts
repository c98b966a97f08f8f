import { defineConfig } from 'vitest/config'

/**
 * Two suites: `unit` runs anywhere, without root; `lab` (files named *.lab.test.ts) needs the lab of test/lab,
 * that is, root and Debian's libvirt, QEMU, etcd and sshd. bin/test.mjs decides which of them run and says so.
 */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/**/*.lab.test.ts'],
          // A test that waits for a condition ends when it is met; five seconds are no condition where others use the machine, too.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'lab',
          include: ['test/**/*.lab.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          // Lab tests mostly wait for hosts. Labs do not meet (test/lab/README.md); two at a time is what two cores carry.
          maxWorkers: 2,
        },
      },
    ],
  },
})
