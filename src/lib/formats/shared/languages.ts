// Words of tables in German, French, Spanish, Portuguese, Japanese and Chinese, as `foldWord` leaves them: without marks and separators.

/** A word in lower case without accents, blanks and punctuation: `Adresse IP (source)` and `adresse-ip source` are one; `é` is `e`. */
export function foldWord(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

const words = (...texts: readonly string[]): readonly string[] => texts.flatMap((text) => text.split(' '));

const TIME = words(
  'zeit zeitpunkt zeitstempel datumzeit datumuhrzeit datumundzeit datumunduhrzeit ereigniszeit startzeit beginn uhrzeit datum',
  'horodatage dateheure dateetheure heure instant debut heurededebut date',
  'fechahora fechayhora marcadetiempo marcatemporal inicio horadeinicio fecha hora',
  'datahora dataehora carimbodedatahora horario inicio data hora',
  '日時 タイムスタンプ 発生日時 記録日時 開始日時 開始時刻 時刻 日付',
  '时间 时间戳 日期时间 发生时间 记录时间 开始时间 日期 時間 時間戳記 日期時間 發生時間 記錄時間 開始時間',
);
const END = words('ende endzeit fin heuredefin horadefin fim horadofim 終了日時 終了時刻 结束时间 結束時間');
const SOURCE = words(
  'quellip quelladresse quellipadresse quelle absenderip clientip clientadresse ipadresse',
  'ipsource adressesource adresseipsource ipdesource adresseclient ipclient adresseip',
  'iporigen direccionorigen direcciondeorigen direccioniporigen ipdeorigen ipcliente direccionip origen',
  'iporigem enderecoorigem enderecodeorigem enderecoiporigem ipdeorigem enderecoip origem',
  '送信元ip 送信元ipアドレス 送信元アドレス 送信元 接続元ip 接続元ipアドレス 接続元 クライアントip ipアドレス',
  '源ip 源地址 源ip地址 来源ip 来源地址 客户端ip 客户端地址 ip地址 來源ip 來源位址 來源地址 ip位址',
);
const TARGET = words(
  'zielip zieladresse zielipadresse ziel empfangerip',
  'ipdestination adressedestination adresseipdestination ipdedestination',
  'ipdestino direcciondestino direcciondedestino direccionipdestino ipdedestino destino',
  'enderecodestino enderecodedestino enderecoipdestino',
  '宛先ip 宛先ipアドレス 宛先アドレス 宛先 送信先ip 送信先アドレス 送信先 接続先ip 接続先',
  '目的ip 目的地址 目的ip地址 目标ip 目标地址 目标ip地址 目標ip 目標位址 目的位址',
);
const SOURCE_PORT = words(
  'quellport portsource puertoorigen puertodeorigen portaorigem portadeorigem',
  '送信元ポート 送信元ポート番号 接続元ポート 源端口 来源端口 來源埠 來源連接埠',
);
const TARGET_PORT = words(
  'zielport portdestination puertodestino puertodedestino puerto portadestino portadedestino porta',
  '宛先ポート 宛先ポート番号 送信先ポート 接続先ポート ポート番号 ポート 目的端口 目标端口 端口 目的埠 目標埠 目的連接埠 連接埠',
);
const SENT = words(
  'bytesgesendet gesendetebytes gesendet octetsenvoyes octetsemis octets bytesenviados octetosenviados',
  '送信バイト数 送信バイト バイト数 バイト 发送字节数 发送字节 字节数 字节 傳送位元組 位元組',
);
const RECEIVED = words(
  'bytesempfangen empfangenebytes empfangen octetsrecus bytesrecibidos bytesrecebidos',
  '受信バイト数 受信バイト 接收字节数 接收字节 接收位元組',
);
const USER = words(
  'benutzer benutzername benutzerkonto anmeldename kennung konto kontoname',
  'utilisateur nomutilisateur nomdutilisateur identifiant compte',
  'usuario nombreusuario nombredeusuario cuenta',
  'nomedeusuario utilizador nomedoutilizador conta',
  'ユーザー名 ユーザー ユーザ名 ユーザ 利用者 アカウント名 アカウント',
  '用户名 用户 账号 帐号 账户 帐户 用戶名 用戶 使用者 使用者名稱 帳號 帳戶',
);
const HOST = words(
  'rechner rechnername zielsystem gerat serveur machine hote poste servidor equipo maquina equipamento',
  'ホスト名 ホスト サーバー名 サーバー サーバ 端末 主机名 主机 服务器 设备 主機名稱 主機 伺服器 設備',
);
const RESULT = words(
  'ergebnis anmeldeergebnis aktion entscheidung resultat statut decision resultado accion estado acao decisao situacao',
  '結果 ステータス 状態 アクション 動作 处理 结果 状态 动作 操作 狀態 動作結果',
);

/** Names of columns by our names of what they hold. */
export const COLUMN_NAMES: Readonly<Record<string, readonly string[]>> = {
  startUs: TIME,
  timeUs: TIME,
  endUs: END,
  srcAddr: SOURCE,
  actorAddr: SOURCE,
  dstAddr: TARGET,
  srcPort: SOURCE_PORT,
  actorPort: SOURCE_PORT,
  dstPort: TARGET_PORT,
  protocol: words('protokoll protocole protocolo プロトコル 协议 協定 通訊協定'),
  srcBytes: SENT,
  dstBytes: RECEIVED,
  bytesReturned: SENT,
  user: USER,
  principal: USER,
  host: HOST,
  outcome: RESULT,
  verdict: RESULT,
  object: words('abfrage pfad requete chemin consulta ruta caminho クエリ パス 查询 路径 查詢 路徑'),
};

/** The first of a pair of columns, of which the other holds the clock. */
export const DATE_NAMES = words('datum date fecha data 日付 日期');
export const CLOCK_NAMES = words('zeit uhrzeit heure hora horario 時刻 时间 時間');

/** What ended well, and what did not: tries to log in, and what a firewall let through. */
export const YES = words(
  'erfolg erfolgreich angenommen akzeptiert zugelassen erlaubt ja',
  'succes reussi reussie reussite accepte acceptee autorise autorisee permis oui',
  'exito exitoso correcto aceptado permitido si',
  'sucesso bemsucedido aceito aceite sim',
  '成功 許可 通過 允许 通过 放行 允許',
);
export const NO = words(
  'fehler fehlgeschlagen fehlschlag abgelehnt verweigert verworfen gesperrt blockiert ungultig nein',
  'echec echoue echouee refuse refusee rejete rejetee bloque bloquee non',
  'fallo fallido fallida fracaso rechazado denegado bloqueado',
  'falha falhou rejeitado negado recusado',
  '失敗 拒否 遮断 ブロック 失败 拒绝 阻止 丢弃 拒絕 封鎖 丟棄',
);
