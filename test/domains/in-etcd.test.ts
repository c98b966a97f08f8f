import { expect, test } from 'vitest'
import { EtcdDomainStore, listRecords, readRecord, writeRecord } from '../../src/domains/in-etcd.ts'
import { DomainStoreFailed } from '../../src/domains/store.ts'
import { keys } from '../../src/etcd/layout.ts'
import { MemoryEtcd } from '../../src/etcd/memory.ts'
import { xmlHash } from '../../src/libvirt/xml/canonical.ts'

const XML = '<domain><name>test</name></domain>'

test('XML, its hash and where it came from lie together', async () => {
  await using etcd = new MemoryEtcd().connect()
  const store = new EtcdDomainStore(etcd, 'desk')
  expect(await store.read('test')).toBeUndefined()
  await store.write('test', XML)
  expect(await store.read('test')).toBe(XML)
  expect(await store.list()).toEqual(['test'])
  expect(await readRecord(etcd, 'test')).toMatchObject({ hash: xmlHash(XML), from: 'desk' })
})

test('a record without XML is no XML, and one that cannot be read is an error that names it', async () => {
  await using etcd = new MemoryEtcd().connect()
  const store = new EtcdDomainStore(etcd, 'desk')
  await writeRecord(etcd, 'elsewhere', { hash: xmlHash(XML), when: '', from: 'quark' })
  expect(await store.list()).toEqual([])
  expect(await store.read('elsewhere')).toBeUndefined()
  await etcd.commit({ if: [], then: [{ put: keys.domain('bad'), value: '{"hash":"short"}' }] })
  await expect(store.read('bad')).rejects.toThrow(DomainStoreFailed)
  await expect(store.read('bad')).rejects.toThrow(
    'etcd: reading bad failed: hash: a SHA-256 in hex',
  )
  expect([...(await listRecords(etcd)).keys()]).toEqual(['elsewhere'])
})
