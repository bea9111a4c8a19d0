import { defineConfig } from 'flowscan'

/*
 * The whole of flowscan is set up here. As it stands, this file describes the campus that `flowscan demo` makes up; change
 * it, from the top down, into a description of your network:
 *
 *   1. `subnets`: the addresses that are yours. Without this nothing else can be right.
 *   2. `flows.dir`: where your collector (flow-capture or nfcapd) puts its files.
 *   3. `routers`: who exports the flows. `flowscan inspect FILE` tells which exporters a flow file holds.
 *   4. The rest: what you want to see by name. Whatever is not named is still counted, as `other`.
 *
 * Then try `flowscan check`. Every mistake it finds names the key, the value and the mend. Every key is explained in ingest/config/README.md.
 *
 * The key of a member (`library`, `https`, …) becomes part of web addresses and of what is stored: choose it once, and let
 * `label` say what people read. IPv4 and IPv6 may be mixed everywhere.
 */
export default defineConfig({
  organization: 'Example University',

  // Everything that is yours. A flow to one of these addresses goes in, a flow from one goes out.
  subnets: ['198.18.0.0/17', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/40'],

  // Parts of it that shall have pages of their own. They may overlap: the servers count in the administration, too.
  networks: {
    library: { label: 'Library', prefixes: ['198.18.0.0/20', '2001:db8:10::/48'] },
    dormitories: { label: 'Dormitories', prefixes: ['198.18.32.0/19', '2001:db8:20::/48'] },
    laboratories: { label: 'Laboratories', prefixes: ['198.18.64.0/20', '2001:db8:30::/48'] },
    administration: { label: 'Administration', prefixes: ['198.18.80.0/20', '203.0.113.0/24', '2001:db8:40::/48'] },
    servers: { label: 'Servers', prefixes: ['203.0.113.0/24', '2001:db8:40:53::/64'] },
    wireless: { label: 'Wireless', prefixes: ['198.18.96.0/19', '2001:db8:60::/48'] },
  },

  // By port. A flow belongs to one service only: that of its destination port, else that of its source port.
  // Ports: '80/tcp', '6881-6999/tcp', or a name from IANA's registry, such as 'ssh' or 'domain/udp'.
  services: {
    https: { label: 'Web (HTTPS)', ports: '443/tcp, 8443/tcp' },
    quic: { label: 'Web (QUIC)', ports: '443/udp' },
    http: { label: 'Web (HTTP)', ports: '80/tcp, 8080/tcp' },
    dns: { label: 'DNS', ports: 'domain' },
    mail: { label: 'Mail', ports: '25/tcp, 465/tcp, 587/tcp, 143/tcp, 993/tcp, 110/tcp, 995/tcp' },
    ssh: { label: 'SSH', ports: 'ssh/tcp' },
    ntp: { label: 'NTP', ports: '123/udp' },
    streaming: { label: 'Streaming', ports: '1935/tcp, 554/tcp, 5004/udp' },
    'video-calls': { label: 'Video calls', ports: '3478-3481/udp, 8801-8810/udp' },
    vpn: { label: 'VPN', ports: '51820/udp, 1194/udp, 500/udp, 4500/udp' },
    backup: { label: 'Backup (rsync)', ports: '873/tcp' },
    'remote-desktop': { label: 'Remote desktop', ports: '3389/tcp, 3389/udp, 5900/tcp' },
    games: { label: 'Games', ports: '27015-27050/udp, 3074/udp' },
    'file-sharing': { label: 'File sharing', ports: '6881-6999/tcp, 6881-6999/udp' },
  },

  // By number, or by name where there is a usual one.
  protocols: {
    tcp: { label: 'TCP', numbers: 'tcp' },
    udp: { label: 'UDP', numbers: 'udp' },
    icmp: { label: 'ICMP', numbers: 'icmp, icmpv6' },
    gre: { label: 'GRE', numbers: 'gre' },
    esp: { label: 'ESP', numbers: 'esp' },
  },

  // By the whole TOS byte: a DSCP value times 4. The first class that fits counts.
  tos: {
    normal: { label: 'Best effort', values: 0 },
    ef: { label: 'Expedited (EF)', values: '184-187' },
    af41: { label: 'Video (AF41)', values: '136-139' },
    scavenger: { label: 'Scavenger (CS1)', values: '32-35' },
  },

  // Networks at the far end, if your routers export AS numbers.
  asNumbers: {
    content: { label: 'Content delivery (AS64496)', numbers: 64496 },
    cloud: { label: 'Cloud (AS64497)', numbers: 64497 },
    video: { label: 'Video portal (AS64498)', numbers: 64498 },
    research: { label: 'Research network (AS64499)', numbers: 64499 },
    broadband: { label: 'Broadband provider (AS64500)', numbers: 64500 },
    games: { label: 'Game servers (AS64501)', numbers: 64501 },
    storage: { label: 'Storage provider (AS64502)', numbers: 64502 },
    mobile: { label: 'Mobile carrier (AS65536)', numbers: 65536 },
    // NetFlow 5 has room for 16 bits: border-1 writes this for every larger number.
    'as-trans': { label: '32-bit AS numbers, seen by NetFlow 5', numbers: 23456 },
  },

  // By the address that its packets of NetFlow come from. If it samples packets and your collector is flow-tools, say how many
  // with sampleRate: 100. If the same flow passes two of them, mark those at the border: border: true.
  routers: {
    'border-1': { label: 'Border router 1', addresses: '198.51.100.1' },
    'border-2': { label: 'Border router 2', addresses: ['2001:db8::2', '198.51.100.2'] },
  },

  // Paths are relative to this file.
  flows: {
    // Searched with its subdirectories for files named as flow-capture and nfcapd name them.
    dir: 'demo/flows',
    // Where a file goes when it was counted; false leaves it where it is. Nothing is ever deleted.
    saved: 'demo/saved',
  },

  // What flowscan keeps. Back this up.
  data: 'data',

  site: {
    // Point your web server at public/current.
    dir: 'public',
    // Of the labels on charts, and of where a day begins. Everything stored is UTC.
    timeZone: 'Europe/Vienna',
  },
})
