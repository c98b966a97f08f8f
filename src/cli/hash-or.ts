// The hash of XML that may be no XML.
import { xmlHash } from '../libvirt/xml/canonical.ts'
import { DomainXmlError } from '../libvirt/xml/element.ts'

/** The hash of its canonical form; `otherwise` when it is no domain's XML, which is unlike the hash of any that is. */
export function hashOr(xml: string, otherwise: string): string {
  try {
    return xmlHash(xml)
  } catch (error) {
    if (error instanceof DomainXmlError) return otherwise
    throw error
  }
}
