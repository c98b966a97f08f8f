// A configuration as the text of a cluster file. Reading that text gives the same configuration again.
import { Document, isMap, isScalar, isSeq, type Node } from 'yaml'
import type { ClusterConfig } from '../cluster.ts'
import { plainCluster } from './plain.ts'

/**
 * Prints a cluster file: a block for every HWM, a line for every VM, group and fallback map.
 * `comment` stands above it, each of its lines as a comment.
 */
export function printClusterFile(config: ClusterConfig, comment = ''): string {
  const { general, hwms, vms, groups, fallbacks } = plainCluster(config)
  const document = new Document({ ...general, hwms }, { aliasDuplicateObjects: false })
  if (vms.size > 0) document.set('vms', document.createNode(vms))
  if (groups.size > 0) document.set('groups', document.createNode(groups))
  if (fallbacks.length > 0) document.set('fallbacks', document.createNode(fallbacks))
  onOneLine(document, ['etcd', 'endpoints'], ['dimensions'], ['overcommit'], ['ceph'])
  onOneLine(document, ['settings', 'migration'], ['settings', 'safety'])
  for (const section of ['vms', 'groups', 'fallbacks']) {
    for (const node of children(document.get(section, true))) setFlow(node)
  }
  for (const hwm of children(document.get('hwms', true))) {
    for (const field of children(hwm)) setFlow(field)
  }
  if (comment !== '') document.commentBefore = comment.replaceAll(/^(?=.)/gm, ' ')
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

function onOneLine(document: Document, ...paths: (readonly string[])[]): void {
  for (const path of paths) setFlow(document.getIn(path, true))
}

function setFlow(node: unknown): void {
  if (isMap(node) || isSeq(node)) node.flow = true
}

function children(node: unknown): readonly Node[] {
  if (isSeq(node)) return node.items as Node[]
  return isMap(node)
    ? node.items.flatMap(pair => (isScalar(pair.key) && pair.value ? [pair.value as Node] : []))
    : []
}
