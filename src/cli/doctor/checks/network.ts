import { type Check, ok, warn } from '../check.ts';

const forwarding: Check = {
  name: 'ip_forward',
  async examine(host) {
    const value = (await host.read('/proc/sys/net/ipv4/ip_forward'))?.trim();
    if (value === '1') return ok('on');
    return warn(
      'off: pods reach only this machine, until the bridge plugin turns it on with the first pod',
      'sysctl -w net.ipv4.ip_forward=1',
    );
  },
};

const ipv6: Check = {
  name: 'IPv6',
  async examine(host) {
    const disabled = (await host.read('/proc/sys/net/ipv6/conf/all/disable_ipv6'))?.trim();
    if (disabled === '0') return ok('there');
    return disabled === undefined
      ? warn('not in this kernel: pods get IPv4 addresses only')
      : warn('turned off: pods get IPv4 addresses only', 'sysctl -w net.ipv6.conf.all.disable_ipv6=0');
  },
};

export const NETWORK_CHECKS: readonly Check[] = [forwarding, ipv6];
