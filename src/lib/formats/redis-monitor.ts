import { BYTE, decodeUtf8, indexOfByte } from '../base/bytes';
import { CHANGE_KIND, CHANGE_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { splitEndpoint } from './shared/endpoint';
import { RowWriter } from './shared/row-writer';
import { parsedTime, parseEpochBytes } from './shared/time';

const SERVICE = 'redis';
const PORT = 6379;
const MAX_LINE = 1 << 16;
/** Arguments that are kept of a command: the key and a little more. Values can be whole files. */
const MAX_ARGUMENTS = 3;
const MAX_ARGUMENT = 200;

const LINE = /^\s*\[(\d+) ([^\]]*(?:\][^\]\s]*)?)\] (.*)$/s;

const READ =
  /^(?:get|mget|getrange|substr|getbit|strlen|bitcount|bitpos|hget|hmget|hgetall|hkeys|hvals|hlen|hstrlen|hrandfield|lrange|lindex|llen|lpos|smembers|sismember|smismember|srandmember|scard|sinter|sunion|sdiff|zrange\w*|zrevrange\w*|zscore|zmscore|zcount|zcard|zrank|zrevrank|zrandmember|xrange|xrevrange|xread|xlen|dump|pfcount|geo(?:hash|pos|dist|radius\w*|search)|sort_ro|json\.(?:get|mget)|ft\.search|getex|bitfield_ro|lcs|psync|sync|[ps]?subscribe)$/;
/** What tells of the keys that are held: their names, whether there is one, how many there are. */
const LIST =
  /^(?:keys|scan|sscan|hscan|zscan|exists|type|ttl|pttl|dbsize|memory|object|randomkey|hexists|slowlog|monitor)$/;
/** What any client asks of any server, and learns nothing of what is held from. */
const GREETING =
  /^(?:info|client|command|ping|echo|select|hello|auth|role|lastsave|time|pubsub|cluster|latency|quit|replconf|readonly|readwrite|asking|wait|multi|exec|discard|watch|unwatch|unsubscribe|punsubscribe|sunsubscribe)$/;
const DELETE =
  /^(?:del|unlink|getdel|hdel|lrem|ltrim|srem|spop|zrem\w*|zpop\w*|lpop|rpop|blpop|brpop|xdel|xtrim|flushall|flushdb|expire|pexpire|expireat|pexpireat)$/;
const ADMIN =
  /^(?:config|acl|slaveof|replicaof|module|debug|shutdown|save|bgsave|bgrewriteaof|script|eval\w*|fcall\w*|function|migrate|restore|swapdb|failover|reset)$/;

function verbOfRedis(command: string): number {
  if (READ.test(command)) return QUERY_VERB.read;
  if (LIST.test(command)) return QUERY_VERB.list;
  if (GREETING.test(command)) return QUERY_VERB.unknown;
  if (DELETE.test(command)) return QUERY_VERB.delete;
  return ADMIN.test(command) ? QUERY_VERB.admin : QUERY_VERB.write;
}

/** What a command changes about the server itself; the first word or two decide. */
function changeOfRedis(command: string, second: string): number | undefined {
  if (command === 'config' && second === 'set') return CHANGE_KIND.policyChanged;
  if (command === 'acl' && second === 'setuser') return CHANGE_KIND.userCreated;
  if (command === 'acl' && second === 'deluser') return CHANGE_KIND.userDeleted;
  if (command === 'slaveof' || command === 'replicaof') return CHANGE_KIND.policyChanged;
  if (command === 'module' && second.startsWith('load')) return CHANGE_KIND.serviceCreated;
  if (command === 'shutdown') return CHANGE_KIND.serviceStopped;
  return undefined;
}

/** Shown whether the password was right or not, by servers before 6.0. */
const LOGIN = /^(?:auth|hello)$/;

/**
 * Output of redis-cli's MONITOR: `1425291630.107412 [0 203.0.113.7:60866] "keys" "*"`. A command is shown where it is carried out (`call` in server.c of
 * Redis 2.6 to 7.2), past the tests of password, rights and arguments that turn others away: what is shown was let through, though the key
 * may not have been there. What was answered is never shown.
 */
class RedisMonitorParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    if (start === end) {
      this.#sink.skip('blank');
      return;
    }
    // Captured off the wire, each line is a simple string of the protocol.
    const at = bytes[start] === 0x2b ? start + 1 : start;
    const space = indexOfByte(bytes, BYTE.space, at, Math.min(end, at + 24));
    if (space === -1 || !parseEpochBytes(bytes, at, space, 's')) {
      if (decodeUtf8(bytes, start, Math.min(end, start + 4)) === 'OK' || end - at === 2)
        this.#sink.skip('greeting');
      else
        this.#sink.reject(
          'the line does not begin with a time in seconds, such as 1710072000.123456',
          bytes,
          start,
          end,
          line,
        );
      return;
    }
    const { us, basis } = parsedTime;
    const match = LINE.exec(decodeUtf8(bytes, space, Math.min(end, space + MAX_LINE)));
    const words = match ? argumentsOf(match[3] ?? '') : [];
    if (!match || words.length === 0) {
      this.#sink.reject(
        'after the time, database and client in brackets and the command in quotes are expected: [0 203.0.113.7:50000] "GET" "key"',
        bytes,
        start,
        end,
        line,
      );
      return;
    }
    this.#rows.at(us, basis, offset, line);
    this.#write(match[1] ?? '', match[2] ?? '', words);
  }

  #write(database: string, client: string, words: readonly string[]): void {
    const [name = '', ...rest] = words;
    const command = name.toLowerCase();
    const isScript = client === 'lua';
    const { address, port } =
      isScript || client.startsWith('unix:') ? { address: '', port: 0 } : splitEndpoint(client);
    this.#rows.query({
      actor: address,
      actorPort: port,
      service: SERVICE,
      servicePort: PORT,
      verb: verbOfRedis(command),
      object: `${name} ${rest.join(' ')}${database === '0' ? '' : ` (db ${database})`}`.trim(),
      outcome: LOGIN.test(command) ? QUERY_OUTCOME.unknown : QUERY_OUTCOME.success,
      agent: isScript ? 'lua script' : '',
    });
    const kind = changeOfRedis(command, (rest[0] ?? '').toLowerCase());
    if (kind !== undefined)
      this.#rows.change({
        actor: address,
        kind,
        target: rest.slice(0, 2).join(' '),
        outcome: CHANGE_OUTCOME.unknown,
        detail: words.join(' '),
      });
  }
}

/** The quoted words of a command, escapes left as they are, a bounded number of them. */
function argumentsOf(text: string): string[] {
  const words: string[] = [];
  const pattern = /"((?:[^"\\]|\\.)*)"/gs;
  for (let match = pattern.exec(text); match && words.length <= MAX_ARGUMENTS; match = pattern.exec(text))
    words.push((match[1] ?? '').slice(0, MAX_ARGUMENT));
  return words;
}

function sniffRedis(head: Head): number {
  const lines = head.lines.filter((line) => line !== '' && line !== 'OK' && line !== '+OK').slice(0, 50);
  const fit = lines.filter((line) => /^\+?\d{9,11}\.\d{6} \[\d+ [^\]]*(?:\][^\]\s]*)?\] "/.test(line));
  return lines.length === 0 ? 0 : 0.97 * (fit.length / lines.length);
}

export const redisMonitor: Format = {
  id: 'redis-monitor',
  label: 'Redis MONITOR output',
  framing: 'lines',
  splittable: true,
  tables: ['queries', 'changes'],
  sniff: sniffRedis,
  parser: (context) => new RedisMonitorParser(context),
};
