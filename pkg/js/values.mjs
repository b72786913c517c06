// From encoded columns to JavaScript values, as PGlite's users expect them: int8 is a Number, or a
// BigInt where a Number would lose digits; numeric stays a string; date and timestamps are Dates
// (infinite ones are ±Infinity); json is parsed; bytea is a Uint8Array; arrays are arrays.
//
// `parsers` given by a caller receive PostgreSQL's text form of a value. The engine is asked for
// text then, and every other column of that result goes through the text parsers below too.
const decoder = new TextDecoder();

const OID = {
  BOOL: 16, BYTEA: 17, INT8: 20, INT2: 21, INT4: 23, OID: 26, JSON: 114, FLOAT4: 700,
  FLOAT8: 701, DATE: 1082, TIMESTAMP: 1114, TIMESTAMPTZ: 1184, JSONB: 3802, XID: 28, CID: 29,
};

/** Element type of each array type. */
const ELEMENT = new Map([
  [1000, 16], [1001, 17], [1002, 18], [1003, 19], [1016, 20], [1005, 21], [1007, 23], [1009, 25],
  [1028, 26], [199, 114], [1021, 700], [1022, 701], [1014, 1042], [1015, 1043], [1182, 1082],
  [1183, 1083], [1115, 1114], [1185, 1184], [1187, 1186], [1231, 1700], [2951, 2950], [3807, 3802],
]);

// 2000-01-01, from which PostgreSQL counts.
const EPOCH_MS = 946684800000;
const DAY_MS = 86400000;

/** Values of one column, nulls included, as an array. */
function decode(column, rows, oid, parsers) {
  const read = parsers ? textReader(column, oid, parsers) : plainReader(column, oid);
  const out = new Array(rows);
  const { nullsAt, view } = column;
  if (column.encoding === 0) return out.fill(null);
  for (let i = 0; i < rows; i++) {
    const isNull = nullsAt >= 0 && (view.getUint32(nullsAt + (i >>> 5) * 4, true) >>> (i & 31)) & 1;
    out[i] = isNull ? null : read(i);
  }
  return out;
}

function plainReader(column, oid) {
  const { view, at } = column;
  switch (column.encoding) {
    case 1: return (i) => column.u8s[at + i] !== 0;
    case 2: return (i) => view.getInt16(at + i * 2, true);
    case 3:
      if (oid === OID.DATE) return (i) => dateOfDays(view.getInt32(at + i * 4, true));
      if (oid === OID.OID || oid === OID.XID || oid === OID.CID) {
        return (i) => view.getUint32(at + i * 4, true);
      }
      return (i) => view.getInt32(at + i * 4, true);
    case 4:
      if (oid === OID.TIMESTAMP) return (i) => localDate(view.getBigInt64(at + i * 8, true));
      if (oid === OID.TIMESTAMPTZ) return (i) => instant(view.getBigInt64(at + i * 8, true));
      return (i) => int8(view, at + i * 8);
    case 5: return (i) => shortest32(view.getFloat32(at + i * 4, true));
    case 6: return (i) => view.getFloat64(at + i * 8, true);
    case 8: return (i) => span(column, i).slice();
    default: {
      const parse = textParser(oid);
      return parse ? (i) => parse(text(column, i)) : (i) => text(column, i);
    }
  }
}

function textReader(column, oid, parsers) {
  if (column.encoding !== 7) return plainReader(column, oid);
  const own = parsers[oid];
  if (own) return (i) => own(text(column, i), oid);
  const parse = textParser(oid);
  return parse ? (i) => parse(text(column, i)) : (i) => text(column, i);
}

function span(column, i) {
  const from = column.view.getUint32(column.at + i * 4, true);
  const to = column.view.getUint32(column.at + i * 4 + 4, true);
  return column.u8s.subarray(column.heapAt + from, column.heapAt + to);
}

function text(column, i) {
  const from = column.heapAt + column.view.getUint32(column.at + i * 4, true);
  const to = column.heapAt + column.view.getUint32(column.at + i * 4 + 4, true);
  // Short ASCII, the usual case, is quicker by hand than through the decoder.
  if (to - from < 24) {
    let out = '';
    let at = from;
    for (; at < to; at++) {
      const byte = column.u8s[at];
      if (byte > 127) break;
      out += String.fromCharCode(byte);
    }
    if (at === to) return out;
  }
  return decoder.decode(column.u8s.subarray(from, to));
}

function int8(view, at) {
  const low = view.getUint32(at, true);
  const high = view.getInt32(at + 4, true);
  const value = high * 4294967296 + low;
  return Number.isSafeInteger(value) ? value : view.getBigInt64(at, true);
}

/** The double that prints as the float4 does. */
function shortest32(value) {
  if (!Number.isFinite(value) || Number.isInteger(value)) return value;
  for (let digits = 6; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
}

function dateOfDays(days) {
  if (days === 2147483647) return Infinity;
  if (days === -2147483648) return -Infinity;
  return new Date(EPOCH_MS + days * DAY_MS);
}

const LAST = 9223372036854775807n;

function micros(us) {
  if (us === LAST) return Infinity;
  if (us === -LAST - 1n) return -Infinity;
  return EPOCH_MS + Math.floor(Number(us) / 1000);
}

function instant(us) {
  const ms = micros(us);
  return Number.isFinite(ms) ? new Date(ms) : ms;
}

/** A timestamp without a zone means the wall clock of whoever reads it, as PGlite has it. */
function localDate(us) {
  const ms = micros(us);
  if (!Number.isFinite(ms)) return ms;
  const utc = new Date(ms);
  const local = new Date(
    2000, utc.getUTCMonth(), utc.getUTCDate(), utc.getUTCHours(), utc.getUTCMinutes(),
    utc.getUTCSeconds(), utc.getUTCMilliseconds(),
  );
  local.setFullYear(utc.getUTCFullYear(), utc.getUTCMonth(), utc.getUTCDate());
  return local;
}

function dateText(text) {
  if (text === 'infinity') return Infinity;
  if (text === '-infinity') return -Infinity;
  const bc = text.endsWith(' BC');
  const match = /^(\d+)-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(\.\d+)?)?([+-]\d\d(?::?\d\d)?(?::?\d\d)?)?/.exec(text);
  if (!match) return new Date(text);
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const parts = [0, Number(month) - 1, Number(day), Number(hour ?? 0), Number(minute ?? 0),
    Number(second ?? 0), Math.floor(Number(fraction ?? 0) * 1000)];
  const fullYear = bc ? 1 - Number(year) : Number(year);
  if (hour === undefined || zone) {
    const date = new Date(Date.UTC(2000, ...parts.slice(1)));
    date.setUTCFullYear(fullYear, parts[1], parts[2]);
    return zone ? new Date(date.getTime() - zoneMs(zone)) : date;
  }
  const date = new Date(2000, ...parts.slice(1));
  date.setFullYear(fullYear, parts[1], parts[2]);
  return date;
}

function zoneMs(zone) {
  const digits = zone.slice(1).replaceAll(':', '');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60
    + Number(digits.slice(4, 6));
  return (zone[0] === '-' ? -1 : 1) * seconds * 1000;
}

function int8Text(text) {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

function byteaText(text) {
  if (!text.startsWith('\\x')) return new TextEncoder().encode(text);
  const out = new Uint8Array((text.length - 2) / 2);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(text.substr(2 + i * 2, 2), 16);
  return out;
}

const TEXT_PARSERS = {
  [OID.BOOL]: (text) => text === 't',
  [OID.BYTEA]: byteaText,
  [OID.INT2]: Number,
  [OID.INT4]: Number,
  [OID.OID]: Number,
  [OID.XID]: Number,
  [OID.CID]: Number,
  [OID.INT8]: int8Text,
  [OID.FLOAT4]: Number,
  [OID.FLOAT8]: Number,
  [OID.JSON]: JSON.parse,
  [OID.JSONB]: JSON.parse,
  [OID.DATE]: dateText,
  [OID.TIMESTAMP]: dateText,
  [OID.TIMESTAMPTZ]: dateText,
};

function textParser(oid) {
  const element = ELEMENT.get(oid);
  if (element === undefined) return TEXT_PARSERS[oid] ?? null;
  const parse = TEXT_PARSERS[element] ?? ((text) => text);
  return (text) => parseArray(text, parse);
}

/** PostgreSQL's array literal, nested to any depth. */
export function parseArray(text, parse) {
  let at = text.startsWith('[') ? text.indexOf('=') + 1 : 0;
  const list = () => {
    const out = [];
    at++;
    while (at < text.length && text[at] !== '}') {
      if (text[at] === ',') {
        at++;
      } else if (text[at] === '{') {
        out.push(list());
      } else if (text[at] === '"') {
        out.push(parse(quoted()));
      } else {
        const from = at;
        while (at < text.length && text[at] !== ',' && text[at] !== '}') at++;
        const word = text.slice(from, at);
        out.push(word === 'NULL' ? null : parse(word));
      }
    }
    at++;
    return out;
  };
  const quoted = () => {
    let out = '';
    for (at++; at < text.length && text[at] !== '"'; at++) {
      if (text[at] === '\\') at++;
      out += text[at];
    }
    at++;
    return out;
  };
  return list();
}

/** The rows of one result, as arrays. */
export function arrayRows(result, fields, parsers) {
  const { rows } = result;
  const columns = result.columns.map((column, i) =>
    decode(column, rows, fields[i].dataTypeID, parsers));
  const out = new Array(rows);
  for (let row = 0; row < rows; row++) {
    const values = new Array(columns.length);
    for (let i = 0; i < columns.length; i++) values[i] = columns[i][row];
    out[row] = values;
  }
  return out;
}

/** The rows of one result, as objects; of two columns with one name the later is kept. */
export function objectRows(result, fields, parsers) {
  const { rows } = result;
  const columns = result.columns.map((column, i) =>
    decode(column, rows, fields[i].dataTypeID, parsers));
  const out = new Array(rows);
  for (let row = 0; row < rows; row++) {
    const values = {};
    for (let i = 0; i < columns.length; i++) values[fields[i].name] = columns[i][row];
    out[row] = values;
  }
  return out;
}


