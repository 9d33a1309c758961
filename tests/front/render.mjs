// Renders the pages in headless Chromium, as a phone and as a desktop, light and dark.
//
//     node tests/front/render.mjs FOLDER [PAGE.html …]
//
// Prints for each picture the width of the content, the width of the window and the text that is seen; ends
// with 1 where a page is wider than its window. Needs Debian's `chromium` and a Japanese font.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder = 'target/front', ...given] = process.argv.slice(2);
const shipped = ['en.html', 'ja.html', 'both.html'].map((name) =>
    fileURLToPath(new URL(`../../src/front/page/${name}`, import.meta.url)));
const pages = given.length > 0 ? given : shipped;
const WINDOWS = [
    ['phone', { width: 390, height: 844, deviceScaleFactor: 1, mobile: true }],
    ['desktop', { width: 1280, height: 800, deviceScaleFactor: 1, mobile: false }],
];

const profile = mkdtempSync(join(tmpdir(), 'front-'));
const chromium = spawn('chromium', ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
    '--remote-debugging-pipe', `--user-data-dir=${profile}`, '--proxy-server=127.0.0.1:9', 'about:blank'],
{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });

let waiting = new Map();
let last = 0;
let rest = '';
chromium.stdio[4].setEncoding('utf8');
chromium.stdio[4].on('data', (text) => {
    const parts = (rest + text).split('\0');
    rest = parts.pop();
    for (const part of parts) {
        const answer = JSON.parse(part);
        waiting.get(answer.id)?.(answer);
        waiting.delete(answer.id);
    }
});

function call(method, params = {}, sessionId) {
    const id = ++last;
    chromium.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((done, failed) => waiting.set(id, (answer) =>
        answer.error ? failed(new Error(`${method}: ${answer.error.message}`)) : done(answer.result)));
}

let wide = false;
try {
    mkdirSync(folder, { recursive: true });
    const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
    const send = (method, params) => call(method, params, sessionId);
    const { frameTree } = await send('Page.getFrameTree');
    for (const path of pages) {
        for (const [window, metrics] of WINDOWS) {
            for (const scheme of ['light', 'dark']) {
                await send('Emulation.setDeviceMetricsOverride', metrics);
                await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
                await send('Page.setDocumentContent', { frameId: frameTree.frame.id, html: readFileSync(path, 'utf8') });
                const expression = 'JSON.stringify({ content: document.documentElement.scrollWidth, window: innerWidth, text: document.body.innerText })';
                const { result } = await send('Runtime.evaluate', { expression });
                const seen = JSON.parse(result.value);
                const { data } = await send('Page.captureScreenshot', { format: 'png' });
                const name = `${basename(path, '.html')}-${window}-${scheme}`;
                writeFileSync(join(folder, `${name}.png`), Buffer.from(data, 'base64'));
                wide ||= seen.content > seen.window;
                console.log(JSON.stringify({ name, ...seen }));
            }
        }
    }
} finally {
    chromium.kill();
    await new Promise((done) => (chromium.exitCode === null ? chromium.once('exit', done) : done()));
    rmSync(profile, { recursive: true, force: true });
}
process.exitCode = wide ? 1 : 0;
