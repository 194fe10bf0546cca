import { isIP } from 'node:net';
import type { Clock } from '../../model/clock.ts';
import { dial, inGoWords } from './dial.ts';
import { httpRequest, repeatedHttpRequest } from './http-request.ts';
import type {
  ExchangeBytes,
  HttpAnswer,
  ProbeDialer,
  ProbeTalk,
  RepeatExchange,
  TcpTarget,
} from './probe-dialer.ts';
import { type RepeatedTalk, RestingTalks } from './resting-talks.ts';
import { hostAndPort } from './run-probe.ts';

export interface Network {
  readonly exchange: ExchangeBytes;
  readonly repeat: RepeatExchange;
  readonly clock: Clock;
}

/** Speaks to pods over this machine's network. HTTP/2 costs time to load: it is when a pod has a probe that needs it. */
export function networkDialer(network: Network): ProbeDialer {
  const { exchange, clock } = network;
  const resting = new RestingTalks(clock);
  return {
    http: (request, call) => httpRequest(request, exchange, call),
    tcp: async (target, call) => {
      await dial(target, { exchange, late: lateOf(target) }, call);
    },
    grpc: async (request, call) => (await import('./grpc-health.ts')).grpcHealth(request, call),
    rest: (talk, beat, call) => {
      const repeated = repeatedTalk(talk, network);
      return repeated && rest(resting, repeated, beat, call);
    },
  };
}

async function rest(
  resting: RestingTalks,
  talk: RepeatedTalk<HttpAnswer>,
  beat: { readonly at: number; readonly periodMs: number },
  call: { signal: AbortSignal },
) {
  const { beganAt, unwell } = await resting.rest(talk, beat, call);
  return { beganAt, dialer: { http: unwell, tcp: async () => void (await unwell()) } };
}

function repeatedTalk(talk: ProbeTalk, network: Network): RepeatedTalk<HttpAnswer> | undefined {
  if (talk.kind === 'tcp')
    return isIP(talk.target.host) === 0 ? undefined : repeatedTcp(talk.target, network);
  const { scheme, host } = talk.request;
  if (scheme === 'https' || isIP(host) === 0) return undefined;
  return repeatedHttpRequest(talk.request, network);
}

function repeatedTcp(target: TcpTarget, { repeat }: Network): RepeatedTalk<never> {
  const talk = repeat(target);
  return {
    begin: (onEnd) =>
      talk.begin((error) => {
        if (error === undefined) onEnd(undefined);
        else
          onEnd(async () => {
            throw inGoWords(error, target, lateOf(target));
          });
      }),
    giveUp: () => talk.giveUp(),
  };
}

function lateOf({ host, port }: TcpTarget): string {
  return `dial tcp ${hostAndPort(host, port)}: i/o timeout`;
}
