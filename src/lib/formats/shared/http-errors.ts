import { encodeUtf8 } from '../../base/bytes';
import { microsFromCivil, TIME_BASIS } from '../../base/time';
import { LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { splitEndpoint } from './endpoint';
import { readRequest, request } from './http';
import { portOf } from './json';
import { RowWriter } from './row-writer';
import { parsedTime } from './time';
import { readIsoText, readMonthName } from './time-prefix';

/** `2016/10/25 14:49:34 [error] 54053#0: *1 message, client: …, server: …, request: "…", host: "…"`. */
const NGINX = /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[(\w+)\] \d+#\d+: (?:\*\d+ )?([^]*)$/;
/** `[Mon Dec 26 16:22:08.103522 2016] [core:error] [pid 1:tid 2] [client 192.0.2.1:5] message`; before 2.4 without module, pid and port. */
const APACHE =
  /^\[\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))? (\d{4})\] \[(?:(\w*):)?(\w+)\] ([^]*)$/;

/**
 * Error-log lines of nginx and Apache. Those about a client's request give a query row without a status; refused passwords give a login row. Both servers write the
 * local clock.
 */
export class HttpErrorLines {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  /** True when the line is one of these and has been accounted for. */
  read(text: string, offset: number, line: number): boolean {
    const nginx = NGINX.exec(text);
    if (nginx) {
      if (!readIsoText((nginx[1] ?? '').replaceAll('/', '-'))) return false;
      this.#rows.at(parsedTime.us, TIME_BASIS.local, offset, line);
      this.#nginx(nginx[3] ?? '', nginx[2] ?? '');
      return true;
    }
    const apache = APACHE.exec(text);
    if (!apache) return false;
    const [, month = '', day, hour, minute, second, fraction = '', year] = apache;
    const monthNumber = readMonthName(encodeUtf8(month), 0);
    if (monthNumber === 0 || Number(day) > 31) return false;
    const us =
      microsFromCivil(Number(year), monthNumber, Number(day), Number(hour), Number(minute), Number(second)) +
      Number(fraction.padEnd(6, '0'));
    this.#rows.at(us, TIME_BASIS.local, offset, line);
    this.#apache(apache[10] ?? '', apache[9] ?? '', apache[8] !== undefined);
    return true;
  }

  #nginx(message: string, level: string): void {
    // What follows `request: "` is the client's; its own quotes are escaped, so fields are looked for from the front.
    const field = (name: string): string => new RegExp(`, ${name}: "?([^",]*)"?`).exec(message)?.[1] ?? '';
    const client = /, client: ([^,\s]+)/.exec(message)?.[1] ?? '';
    const asked = /, request: "((?:[^"\\]|\\.)*)"/.exec(message)?.[1] ?? '';
    const login = /^user "([^"]*)"(?:: password mismatch| was not found)/.exec(message);
    const host = splitEndpoint(field('host') || field('server'));
    if (login) this.#login(client, login[1] ?? '', host.address);
    if (asked !== '') this.#query(client, 0, host.address, host.port, asked);
    else if (!login) this.#sink.skip(`${level.slice(0, 20)} line`);
  }

  #apache(rest: string, level: string, hasPorts: boolean): void {
    const client = /\[(?:client|remote) ([^\]\s]+)\]\s*([^]*)$/.exec(rest);
    if (!client) {
      this.#sink.skip(`${level.slice(0, 20)} line`);
      return;
    }
    // 2.4 writes the port after any address; before, an IPv6 address ends without one.
    const ported = hasPorts ? /^(.*):(\d{1,5})$/.exec(client[1] ?? '') : null;
    const address = (ported?.[1] ?? client[1] ?? '').replace(/^\[|\]$/g, '');
    const port = portOf(ported?.[2]);
    const message = client[2] ?? '';
    const login = /(?:^|: )user (\S+?)(?:: authentication failure for| not found)/.exec(message);
    if (login) {
      this.#login(address, login[1] ?? '', '');
      return;
    }
    const path =
      /(?:File does not exist|script not found or unable to stat|client denied by server configuration|Directory index forbidden by Options directive|Attempt to serve directory|Invalid URI in request|not found or unable to stat): ([^,]*)/.exec(
        message,
      );
    if (path) this.#query(address, port, '', 0, path[1] ?? '', /denied|forbidden/.test(message));
    else this.#sink.skip(`${level.slice(0, 20)} line`);
  }

  #login(client: string, user: string, host: string): void {
    this.#rows.login({
      actor: client,
      service: 'http',
      host,
      user,
      method: LOGIN_METHOD.password,
      outcome: LOGIN_OUTCOME.failure,
    });
  }

  #query(
    client: string,
    port: number,
    host: string,
    servicePort: number,
    asked: string,
    isDenied = false,
  ): void {
    const bytes = encodeUtf8(asked);
    const isRequest = readRequest(bytes, 0, bytes.length);
    this.#rows.query({
      actor: client,
      actorPort: port,
      service: 'http',
      host,
      servicePort,
      verb: isRequest ? request.verb : QUERY_VERB.unknown,
      object: isRequest
        ? new TextDecoder().decode(bytes.subarray(request.pathStart, request.pathEnd))
        : asked,
      outcome: isDenied ? QUERY_OUTCOME.denied : QUERY_OUTCOME.error,
    });
  }
}

/** Whether a line is one of these, for sniffers. */
export function isHttpErrorLine(line: string): boolean {
  return NGINX.test(line) || APACHE.test(line);
}
