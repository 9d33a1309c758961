// Answers every request of a viewer with the maintenance page, before CloudFront's cache and the origin.
// Runtime: cloudfront-js-2.0. unplug made this function, and puts the pages in place of the quoted words.
const EN = "@EN@";
const JA = "@JA@";

// Returns the language, en or ja, that the visitor prefers; English where the visitor names neither.
function language(header) {
    let best = 'en';
    let most = 0;
    for (const range of (header || '').toLowerCase().split(',')) {
        const parts = range.split(';');
        const tag = parts[0].trim().split('-')[0];
        let weight = 1;
        for (const part of parts.slice(1)) {
            const pair = part.split('=');
            if (pair[0].trim() === 'q') {
                weight = Number(pair[1]);
            }
        }
        // A weight that is no number compares as false.
        if ((tag === 'en' || tag === 'ja') && weight > most) {
            best = tag;
            most = weight;
        }
    }
    return best;
}

function handler(event) {
    const request = event.request;
    const response = {
        statusCode: 503,
        statusDescription: 'Service Unavailable',
        headers: {
            'cache-control': { value: 'no-store' },
            'content-security-policy': { value: "default-src 'none'; img-src data:; style-src 'unsafe-inline'" },
            'content-type': { value: 'text/html; charset=utf-8' },
            'retry-after': { value: '300' },
            'x-content-type-options': { value: 'nosniff' },
            'x-maintenance-page': { value: '1' }
        }
    };
    let page = EN;
    // A page that the operator gave is one for all: nobody knows its language.
    if (JA !== EN) {
        const asked = request.headers && request.headers['accept-language'];
        const lang = language(asked && asked.value);
        page = lang === 'ja' ? JA : EN;
        response.headers['content-language'] = { value: lang };
        response.headers.vary = { value: 'accept-language' };
    }
    if (request.method !== 'HEAD') {
        response.body = { encoding: 'text', data: page };
    }
    return response;
}
