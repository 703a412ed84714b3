import type { World } from '../world';
import { ACCOUNT_ID } from './vpc-flow';

/** The account's trail as one delivery: `{"Records": […]}`, in the order of the events. */
export function exportCloudTrail(world: World): string {
  const draw = world.draw.fork('cloudtrail');
  const keys = new Map<string, { principalId: string; accessKeyId: string }>();
  const events = [...world.controlEvents]
    .filter((event) => event.atUs >= world.fromUs && event.atUs < world.toUs)
    .sort((a, b) => a.atUs - b.atUs || a.id - b.id);
  const records = events.map((event) => {
    let key = keys.get(event.principal);
    if (!key) {
      const id = draw.hex(9).toUpperCase();
      // Access key ids that end in EXAMPLE are AWS' own way to write one that is none.
      key = { principalId: `AIDA${id}EXAMPLE`, accessKeyId: `AKIA${id}EXAMPLE` };
      keys.set(event.principal, key);
    }
    const isLogin = event.name === 'ConsoleLogin';
    return {
      eventVersion: '1.08',
      userIdentity: {
        type: 'IAMUser',
        principalId: key.principalId,
        arn: `arn:aws:iam::${ACCOUNT_ID}:user/${event.principal}`,
        accountId: ACCOUNT_ID,
        ...(isLogin ? {} : { accessKeyId: key.accessKeyId }),
        userName: event.principal,
      },
      eventTime: `${new Date(Math.floor(event.atUs / 1000)).toISOString().slice(0, 19)}Z`,
      eventSource: event.source,
      eventName: event.name,
      awsRegion: 'eu-west-1',
      sourceIPAddress: event.address,
      userAgent: isLogin
        ? 'Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0'
        : 'aws-cli/2.15.0',
      requestParameters: event.request,
      responseElements: event.response,
      ...(event.additional === undefined ? {} : { additionalEventData: event.additional }),
      requestID: `${draw.hex(8)}-${draw.hex(4)}-4${draw.hex(3)}-8${draw.hex(3)}-${draw.hex(12)}`,
      eventID: `${draw.hex(8)}-${draw.hex(4)}-4${draw.hex(3)}-9${draw.hex(3)}-${draw.hex(12)}`,
      readOnly: event.isReadOnly,
      eventType: isLogin ? 'AwsConsoleSignIn' : 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT_ID,
      eventCategory: 'Management',
    };
  });
  return `{"Records":[\n${records.map((record) => JSON.stringify(record)).join(',\n')}\n]}\n`;
}
