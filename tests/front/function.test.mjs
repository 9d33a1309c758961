// Runs the function that CloudFront would get, as CloudFront would call it.
//
//     node --test tests/front
//
// UNPLUG_FUNCTION names a file with the function as unplug sends it, UNPLUG_PAGES one with the two pages
// that it answers with, English first. Without them the test puts the shipped pages into the shipped function.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';

const page = (name) => readFileSync(new URL(`../../src/front/page/${name}`, import.meta.url), 'utf8');
const given = process.env.UNPLUG_PAGES ? JSON.parse(readFileSync(process.env.UNPLUG_PAGES, 'utf8')) : undefined;
const pages = given ? { en: given[0], ja: given[1] } : { en: page('en.html'), ja: page('ja.html') };
// A page that the operator gave is one for all: then the answer names no language.
const isOne = pages.en === pages.ja;

// A function as replacement: `$` in a page means nothing then.
const built = page('viewer_request.js')
    .replace('"@EN@"', () => JSON.stringify(pages.en))
    .replace('"@JA@"', () => JSON.stringify(pages.ja));
const code = process.env.UNPLUG_FUNCTION ? readFileSync(process.env.UNPLUG_FUNCTION, 'utf8') : built;

// CloudFront's runtime has no require, process, timers or network; an empty context has none either.
const context = vm.createContext({}, { codeGeneration: { strings: false, wasm: false } });
vm.runInContext(code, context);

function answer(method, uri, accept, more = {}) {
    const headers = { host: { value: 'shop.example.com' }, ...more };
    if (accept !== undefined) headers['accept-language'] = { value: accept };
    const event = {
        version: '1.0',
        context: {
            distributionDomainName: 'd111111abcdef8.cloudfront.net',
            distributionId: 'EDFDVBD6EXAMPLE',
            eventType: 'viewer-request',
            requestId: 'EXAMPLE',
        },
        viewer: { ip: '192.0.2.1' },
        request: { method, uri, querystring: {}, headers, cookies: {} },
    };
    // Through JSON: what CloudFront could not send is lost here too.
    return JSON.parse(JSON.stringify(context.handler(event)));
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const PATHS = ['/', '/index.html', '/api/v1/orders', '/a%20b/%E3%81%82', '/.well-known/acme-challenge/x', '//', '/*', `/${'x'.repeat(8000)}`];

test('every_method_and_path_gets_the_page_with_503', () => {
    for (const method of METHODS) {
        for (const path of PATHS) {
            for (const accept of [undefined, 'ja', 'en-US']) {
                const got = answer(method, path, accept);
                const lang = accept === 'ja' ? 'ja' : 'en';
                assert.equal(got.statusCode, 503);
                assert.equal(got.statusDescription, 'Service Unavailable');
                assert.equal(got.headers['cache-control'].value, 'no-store');
                assert.equal(got.headers['retry-after'].value, '300');
                assert.equal(got.headers['x-maintenance-page'].value, '1');
                assert.equal(got.headers['content-type'].value, 'text/html; charset=utf-8');
                assert.equal(got.headers['content-language']?.value, isOne ? undefined : lang);
                assert.equal(got.headers.vary?.value, isOne ? undefined : 'accept-language');
                if (method === 'HEAD') {
                    assert.equal(got.body, undefined);
                } else {
                    assert.deepEqual(got.body, { encoding: 'text', data: pages[lang] });
                }
            }
        }
    }
});

test('the_language_is_the_one_that_the_visitor_prefers', { skip: isOne }, () => {
    const cases = [
        [undefined, 'en'], ['', 'en'], ['*', 'en'], ['de', 'en'], ['fr-FR, de;q=0.9', 'en'],
        ['ja', 'ja'], ['JA-jp', 'ja'], ['ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7', 'ja'],
        ['en-US,en;q=0.9,ja;q=0.8', 'en'], ['en;q=0.2, ja;q=0.3', 'ja'], ['de, ja;q=0.1', 'ja'],
        ['ja;q=0', 'en'], ['ja;q=x', 'en'], ['ja ; q=0.5', 'ja'], ['javanese', 'en'], [',,;;=,', 'en'],
        ['ja;q=0.5,en;q=0.5', 'ja'], ['jav,en', 'en'], [`${'x,'.repeat(4000)}ja`, 'ja'],
    ];
    for (const [accept, lang] of cases) {
        assert.equal(answer('GET', '/', accept).headers['content-language'].value, lang, String(accept).slice(0, 40));
    }
});

test('an_event_without_headers_gets_the_page', () => {
    const got = context.handler({ request: { method: 'GET', uri: '/' } });
    assert.equal(got.statusCode, 503);
});

test('the_function_is_within_the_limits_of_cloudfront', () => {
    // 10 KB of code: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
    assert.ok(Buffer.byteLength(code) <= 10_000, `${Buffer.byteLength(code)} bytes`);
    // Headers that a function must not set, and names that CloudFront wants in lower case:
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
    const refused = /^(connection|expect|keep-alive|proxy-.*|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-.*|x-cache.*|x-edge-.*|x-real-ip|content-length|host|transfer-encoding|via)$/;
    for (const [name, header] of Object.entries(answer('GET', '/').headers)) {
        assert.equal(name, name.toLowerCase());
        assert.doesNotMatch(name, refused);
        assert.equal(typeof header.value, 'string');
    }
    assert.doesNotMatch(code, /"@EN@"|"@JA@"|\brequire\b|\bimport\b|\beval\b|\bfetch\b/);
});

test('the_pages_ask_for_nothing_from_outside', () => {
    for (const name of ['en.html', 'ja.html', 'both.html']) {
        const html = page(name);
        assert.doesNotMatch(html, /https?:|\/\/|src=|href=|url\(|@import|<script|<link|<img/i, name);
        assert.match(html, /<html lang="(en|ja)">/);
        assert.match(html, /<title>[^<]+<\/title>/);
        assert.match(html, /<meta charset="utf-8">/);
        assert.match(html, /name="viewport" content="width=device-width, initial-scale=1"/);
        assert.match(html, /color-scheme:light dark/);
        assert.equal(html.match(/<main>/g).length, 1);
        assert.equal(html.match(/<h1>/g).length, 1);
    }
});

test('the_page_of_load_balancers_is_within_1024_bytes', () => {
    const html = page('both.html');
    assert.ok(Buffer.byteLength(html) <= 1024, `${Buffer.byteLength(html)} bytes`);
    assert.match(html, /lang="ja"/);
});
