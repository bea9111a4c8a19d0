/*
 * IP protocols as tools write them into text: IANA's keywords, and the short forms of nfdump (1.7.1 writes 0, 99, 128 and from
 * 138 on as numbers). Lower case; the number is the place in the list.
 */
const NFDUMP =
  `0 icmp igmp ggp ipip st tcp cbt egp igp bbn nvpii pup argus encom xnet chaos udp mux dcn hmp prm xns trnk1
  trnk2 leaf1 leaf2 rdp irtp iso-4 netbk mfesp meinp dccp 3pc idpr xtp ddp 38 tp++ il ipv6 sdrp rte6 frag6 idrp rsvp gre
  mhrp bna esp ah inlsp swipe narp mobil tlsp skip icmp6 nohe6 opts6 host cftp net satnt klan rvd ippc fs satm visa ipcv
  cpnx cphb wsn pvp bsatm sunnd wbmon wbexp isoip vmtp svmtp vines ttp nsigp dgp tcf eigrp ospf s-rpc larp mtp ax.25 os
  micp sccsp ethip encap 99 gmtp ifmp pnni pim aris scps qnx a/n ipcmp snp cpqpp ipxip vrrp pgm 0hop l2tp ddx iatp stp
  srp uti smp sm ptp isis4 fire crtp crudp 128 iplt sps pipe sctp fc 134 mhead udp-l mpls`.split(/\s+/)

const IANA: readonly (readonly [name: string, number: number])[] = [
  ['hopopt', 0],
  ['ip', 0],
  ['ipv4', 4],
  ['ipencap', 4],
  ['nvp-ii', 11],
  ['ipv6-route', 43],
  ['ipv6-frag', 44],
  ['ipv6-icmp', 58],
  ['icmpv6', 58],
  ['ipv6-nonxt', 59],
  ['ipv6-opts', 60],
  ['vines', 83],
  ['ospfigp', 89],
  ['ospfig', 89],
  ['etherip', 97],
  ['ipcomp', 108],
  ['mobility-header', 135],
  ['mobility header', 135],
  ['udplite', 136],
  ['mpls-in-ip', 137],
  ['manet', 138],
  ['hip', 139],
  ['shim6', 140],
]

const NUMBERS = new Map([...NFDUMP.map((name, number) => [name, number] as const), ...IANA])

/** The number of a protocol given by name or number; `undefined` when it is neither. */
export function protocolNumber(text: string): number | undefined {
  const known = NUMBERS.get(text)
  if (known !== undefined) return known
  const name = text.trim().toLowerCase()
  if (!/^\d{1,3}$/.test(name)) return NUMBERS.get(name)
  return Number(name) <= 255 ? Number(name) : undefined
}
