// The loader against a session that only writes down what it was asked.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { VitrineError } from '../js/errors.mjs';
import { importSql } from '../js/loader.mjs';

function recorder(fail = () => null) {
  const said = [];
  const answer = async (sql, blob) => {
    said.push(blob ? `${sql} <- ${JSON.stringify(await blob.text())}` : sql);
    const error = fail(sql);
    if (error) throw error;
  };
  return { said, exec: (sql) => answer(sql), query: (sql, _, { blob } = {}) => answer(sql, blob) };
}

test('statements end at semicolons that are not inside something', async () => {
  const session = recorder();
  await importSql(session, `-- a; b
    select ';', "x;y", E'it\\'s;', $f$ a; b $f$ /* ; /* ; */ ; */;
    create rule r as on insert to t do (select 1; select 2);;
    select 3`);
  assert.equal(session.said.length, 3);
  assert.match(session.said[0], /^select ';'.*\*\/$/s);
  assert.match(session.said[1], /^create rule .*2\)$/s);
  assert.equal(session.said[2], 'select 3');
});

test('what is psql\'s own is done by the loader, with a notice where something is left out', async () => {
  const session = recorder();
  const { notices } = await importSql(session, `DROP DATABASE IF EXISTS shop;
CREATE DATABASE shop;
\\c shop;
\\encoding UTF8
\\timing on
COPY t (a, b) FROM STDIN WITH (NULL 'x');
1\tone
2\t\\\\.
\\.
SELECT 1;
`);
  assert.deepEqual(session.said, [
    `COPY t (a, b) FROM '/dev/blob' WITH (NULL 'x') <- ${JSON.stringify('1\tone\n2\t\\\\.\n')}`,
    'SELECT 1',
  ]);
  assert.equal(notices.length, 3);
  assert.match(notices[2], /line 5: \\timing/);
});

test('an error names statement and line, and ends the script\'s own transaction', async () => {
  const fail = (sql) => (sql.includes('bad') ? new VitrineError({ code: '42601', message: 'no', position: 10 }) : null);
  const session = recorder(fail);
  await assert.rejects(importSql(session, 'BEGIN;\nselect 1;\n\nselect 2,\n  bad;\nselect 4;'), (error) => {
    assert.equal(error.line, 4);
    assert.equal(error.statement, 2);
    assert.match(error.where, /statement 3 of the script, line 4/);
    return true;
  });
  assert.equal(session.said.at(-1), 'ROLLBACK');
  assert.ok(!session.said.includes('select 4'));
});

test('a file in pieces is read as the same text in one', async () => {
  const path = new URL('../../static/samples/chinook.sql', import.meta.url);
  const text = await readFile(path, 'utf8');
  const whole = recorder();
  await importSql(whole, text);
  const streamed = recorder();
  const seen = [];
  await importSql(streamed, new Blob([text]), { onProgress: (p) => seen.push(p.bytes / p.total) });
  assert.deepEqual(streamed.said, whole.said);
  assert.ok(whole.said.length > 30, String(whole.said.length));
  assert.equal(seen.at(-1), 1);
});
