import { defender } from './defender';
import { placesOf, recordTable } from './shared/record-tables';

/** What "Export" in advanced hunting, or in Log Analytics, gives of DeviceLogonEvents and DeviceNetworkEvents. */
export const defenderCsv = recordTable({
  id: 'defender-csv',
  label: 'Microsoft Defender device logons and connections (CSV)',
  inner: defender,
  needed: [
    ['timestamp', 'devicename', 'actiontype', 'logontype', 'accountname', 'remoteip'],
    ['timegenerated', 'devicename', 'actiontype', 'logontype', 'accountname', 'remoteip'],
    ['timestamp', 'devicename', 'actiontype', 'localip', 'localport', 'remoteip', 'remoteport'],
    ['timegenerated', 'devicename', 'actiontype', 'localip', 'localport', 'remoteip', 'remoteport'],
  ],
  places: placesOf(
    ...['Timestamp', 'TimeGenerated', 'ActionType', 'DeviceName', 'LogonType', 'AccountName', 'Protocol'],
    ...['LogonId', 'RemoteDeviceName', 'RemoteIP', 'RemotePort', 'LocalIP', 'LocalPort', 'AdditionalFields'],
  ),
  times: ['Timestamp', 'TimeGenerated'],
});
