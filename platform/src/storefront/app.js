// The storefront: a plain page over the public API. The address after # says what is shown; everything else is asked for.
'use strict';

const main = document.getElementById('main');
// Whoever is shown last wins: an answer that comes late must not replace what the shopper has gone on to.
let shown = 0;
let ending = null;

const shopper = remembered(localStorage, 'shopper', () => 'guest-' + crypto.getRandomValues(new Uint32Array(4)).join('-'));

function remembered(store, key, make) {
  let value = store.getItem(key);
  if (value === null) {
    value = make();
    store.setItem(key, value);
  }
  return value;
}

// Elements with text only: nothing that comes from the catalog is ever read as HTML.
function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== undefined) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function show(...children) {
  main.replaceChildren(...children.filter((child) => child !== null));
}

const money = (cents, currency) =>
  new Intl.NumberFormat('en', { style: 'currency', currency: (currency ?? 'usd').toUpperCase() }).format(cents / 100);

async function api(path, options) {
  const answer = await fetch(path, options);
  const body = answer.status === 304 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw Object.assign(new Error(body?.detail ?? 'The shop does not answer.'), { status: answer.status, body });
  return body;
}

const sending = (method, body) => ({ method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

function told(error) {
  return el('p', { class: 'told', role: 'alert' }, error.message);
}

// ---- products

const ends = (at) => {
  const left = Math.max(0, at - Date.now());
  const [h, m, s] = [left / 3600000, (left / 60000) % 60, (left / 1000) % 60].map((part) => String(Math.floor(part)).padStart(2, '0'));
  return left === 0 ? 'This deal is over.' : `Deal ends in ${h}:${m}:${s}`;
};

function card(product) {
  return el('li', {}, el('a', { href: `#/p/${encodeURIComponent(product.sku)}`, 'data-sku': product.sku },
    el('strong', {}, product.name),
    el('div', { class: 'price' }, money(product.price_cents, product.currency)),
    product.flash ? el('div', { class: 'deal' }, 'Flash sale') : null));
}

async function listPage(category) {
  const turn = shown;
  const grid = el('ul', { class: 'grid' });
  const more = el('button', { class: 'plain', hidden: true }, 'More products');
  let cursor = '';
  const next = async () => {
    const query = new URLSearchParams({ ...(category && { category }), ...(cursor && { cursor }) });
    const page = await api(`/v1/products?${query}`);
    grid.append(...page.products.map(card));
    cursor = page.next ?? '';
    more.hidden = cursor === '';
  };
  more.addEventListener('click', () => next().catch((error) => more.before(told(error))));
  await next();
  if (turn === shown) show(el('h1', {}, category || 'All products'), grid, more);
}

// ---- search: the address holds the words and what they are narrowed by, so that a result can be kept and gone back to

const orders = { relevance: 'Best match', 'price-asc': 'Cheapest first', 'price-desc': 'Dearest first' };

async function searchPage(asked) {
  const turn = shown;
  const grid = el('ul', { class: 'grid', id: 'hits' });
  const more = el('button', { class: 'plain', hidden: true }, 'More products');
  let cursor = '';
  const next = async () => {
    const query = new URLSearchParams(asked);
    if (cursor) query.set('cursor', cursor);
    const page = await api(`/v1/search?${query}`);
    grid.append(...page.products.map(card));
    cursor = page.next ?? '';
    more.hidden = cursor === '';
    return page;
  };
  more.addEventListener('click', () => next().catch((error) => more.before(told(error))));
  const first = await next();
  if (turn !== shown) return;
  const text = asked.get('q') ?? '';
  document.getElementById('q').value = text;
  const narrowed = (name, value) => {
    const query = new URLSearchParams(asked);
    if (value) query.set(name, value); else query.delete(name);
    return `#/s/${encodeURIComponent(query)}`;
  };
  const sort = el('select', { id: 'sort', 'aria-label': 'Order' },
    ...Object.entries(orders).map(([value, name]) => el('option', { value, selected: value === (asked.get('sort') ?? 'relevance') }, name)));
  sort.addEventListener('change', () => { location.hash = narrowed('sort', sort.value); });
  const facet = (name) => ({ value, count: of }) => el('a', { href: narrowed(name, value) }, `${value} (${of})`);
  const chosen = ['category', 'seller'].filter((name) => asked.get(name))
    .map((name) => el('a', { href: narrowed(name, '') }, `${asked.get(name)} ✕`));
  const counted = first.total ? `${first.total.value}${first.total.exact ? '' : ' or more'} found` : '';
  show(el('h1', {}, text ? `“${text}”` : 'Search'),
    first.degraded ? el('p', { class: 'told', id: 'degraded' }, 'Search does not answer right now; this is everything in its place.') : null,
    el('p', { id: 'found', role: 'status' }, counted), el('p', { class: 'facets' }, sort, ...chosen,
      ...(asked.get('category') ? [] : (first.facets?.categories ?? []).map(facet('category'))),
      ...(asked.get('seller') ? [] : (first.facets?.sellers ?? []).map(facet('seller')))),
    first.products.length === 0 ? el('p', {}, 'Nothing found.') : grid, more);
}

const box = document.getElementById('q');

// One question after a pause in typing; an answer to what is no longer in the box is passed over.
let typing = 0;
box.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(async () => {
    const text = box.value;
    const answer = await api(`/v1/search/suggestions?${new URLSearchParams({ q: text })}`).catch(() => null);
    if (!answer || text !== box.value) return;
    document.getElementById('suggestions').replaceChildren(...answer.suggestions.map((one) => el('option', { value: one.name })));
  }, 150);
});

document.getElementById('search').addEventListener('submit', (event) => {
  event.preventDefault();
  location.hash = `#/s/${encodeURIComponent(new URLSearchParams({ q: box.value.trim() }))}`;
});

const stockText = (stock) => {
  if (!stock) return 'Stock is not known right now.';
  const age = stock.age_ms >= 5000 ? ` (as of ${Math.round(stock.age_ms / 1000)} s ago)` : '';
  return (stock.available > 0 ? `${stock.available} left` : 'Sold out') + age;
};

async function productPage(sku) {
  const turn = shown;
  const path = `/v1/products/${encodeURIComponent(sku)}`;
  const { product, stock } = await api(path);
  if (turn !== shown) return;
  const left = el('p', { id: 'stock' }, stockText(stock));
  const clock = product.deal_ends_at_ms ? el('p', { id: 'countdown', class: 'deal' }, ends(product.deal_ends_at_ms)) : null;
  const quantity = el('input', { id: 'quantity', type: 'number', min: 1, max: 10, value: 1 });
  const said = el('p', { role: 'status' });
  const others = el('section', { hidden: true, 'aria-label': 'Bought together' });
  const add = el('button', { id: 'add', onclick: async () => {
    try {
      const cart = await put(sku, Number(quantity.value));
      said.textContent = 'In your cart.';
      count(cart);
    } catch (error) { said.textContent = error.message; }
  } }, 'Add to cart');
  const attributes = Object.entries(product.attributes ?? {}).flatMap(([key, value]) => [el('dt', { class: 'soft' }, key), el('dd', {}, String(value))]);
  show(el('h1', {}, product.name), el('p', { class: 'soft' }, `Sold by ${product.seller}`),
    el('p', { class: 'price' }, money(product.price_cents, product.currency)), clock, left,
    el('p', {}, product.description), el('dl', {}, ...attributes),
    el('p', {}, el('label', { for: 'quantity' }, 'Quantity '), quantity, ' ', add), said, others);
  recommended(sku, others);
  const ticks = setInterval(() => { if (clock) clock.textContent = ends(product.deal_ends_at_ms); }, 1000);
  const looks = setInterval(async () => {
    const page = await api(path).catch(() => null);
    if (page && turn === shown) left.textContent = stockText(page.stock);
  }, 2000);
  ending = () => { clearInterval(ticks); clearInterval(looks); };
}

// The page is whole without it.
async function recommended(sku, into) {
  const found = await api(`/v1/products/${encodeURIComponent(sku)}/recommendations`).catch(() => null);
  if (!found || found.bought_with.length === 0) return;
  const links = found.bought_with.map((other) => el('li', {}, el('a', { href: `#/p/${encodeURIComponent(other.sku)}` }, other.sku)));
  into.replaceChildren(el('h2', {}, 'Bought together'), el('ul', {}, ...links));
  into.hidden = false;
}

// ---- cart: known by a cookie that scripts cannot read

let cartId = null;

async function cart() {
  const opened = await api('/v1/carts', { method: 'POST' });
  cartId = opened.cart_id;
  count(opened);
  return opened;
}

async function put(sku, quantity) {
  if (cartId === null) await cart();
  return api(`/v1/carts/${cartId}/items/${encodeURIComponent(sku)}`, sending('PUT', { quantity }));
}

const takeOut = (sku) => api(`/v1/carts/${cartId}/items/${encodeURIComponent(sku)}`, { method: 'DELETE' });

function count(of) {
  document.getElementById('cart-count').textContent = of.lines.reduce((sum, line) => sum + line.quantity, 0);
}

function cartLine(line, again) {
  const quantity = el('input', { type: 'number', min: 1, max: 10, value: line.quantity, 'aria-label': `Quantity of ${line.sku}` });
  const act = (doing) => async () => { try { await doing(); await again(); } catch (error) { row.append(told(error)); } };
  quantity.addEventListener('change', act(() => put(line.sku, Number(quantity.value))));
  const changed = line.price_cents !== undefined && line.price_cents !== line.price_when_added_cents;
  const row = el('div', { class: 'line', 'data-sku': line.sku },
    el('a', { class: 'name', href: `#/p/${encodeURIComponent(line.sku)}` }, line.sku), quantity,
    el('span', {}, line.price_cents === undefined ? 'no longer sold' : money(line.price_cents * line.quantity, line.currency)),
    el('button', { class: 'plain', onclick: act(() => takeOut(line.sku)) }, 'Remove'),
    changed ? el('p', { class: 'told' }, `Was ${money(line.price_when_added_cents, line.currency)} when you put it in, now ${money(line.price_cents, line.currency)}. `,
      el('button', { class: 'plain', onclick: act(() => put(line.sku, line.quantity)) }, 'Take it at this price')) : null);
  return { row, blocks: changed || line.price_cents === undefined };
}

async function cartPage() {
  const turn = shown;
  const now = await cart();
  if (turn !== shown) return;
  if (now.lines.length === 0) {
    show(el('h1', {}, 'Cart'), el('p', {}, 'Nothing in it yet. '), el('a', { href: '#/' }, 'To the products'));
    return;
  }
  const lines = now.lines.map((line) => cartLine(line, cartPage));
  const results = el('div', { id: 'results', role: 'status' });
  const buy = el('button', { id: 'buy', disabled: lines.some((line) => line.blocks) }, 'Buy');
  buy.addEventListener('click', async () => {
    buy.disabled = true;
    results.replaceChildren(await buyCart(now));
    count(await api(`/v1/carts/${cartId}`));
  });
  show(el('h1', {}, 'Cart'), ...lines.map((line) => line.row),
    el('p', { class: 'price' }, `Total ${money(now.total_cents, now.lines[0].currency)}`),
    el('p', { class: 'soft' }, 'One order for all of it, paid with the test card pm_card_visa: everything, or nothing.'), buy, results);
}

// One key for one wish: pressed twice, or answered never, it buys once.
async function buyCart(of) {
  const wish = 'wish ' + [of.cart_id, ...of.lines.map((line) => `${line.sku} ${line.quantity} ${line.price_cents}`)].join(' ');
  const key = remembered(sessionStorage, wish, () => crypto.getRandomValues(new Uint32Array(4)).join('-'));
  const options = sending('POST', { payment_method: 'pm_card_visa' });
  Object.assign(options.headers, { 'x-shopper-id': shopper, 'idempotency-key': key });
  try {
    const order = await api(`/v1/carts/${of.cart_id}/checkout`, options);
    sessionStorage.removeItem(wish);
    return el('p', {}, 'Bought: ', el('a', { class: 'order', href: `#/o/${order.order_id}` }, `order ${order.order_id}`));
  } catch (error) {
    // A refusal is an answer; without one the same key is used again.
    if (error.status >= 400 && error.status < 500 && error.status !== 429) sessionStorage.removeItem(wish);
    const which = error.body?.sku ?? error.body?.lines?.map((line) => line.sku).join(', ');
    return el('p', { class: 'told' }, (which ? `${which}: ` : '') + error.message);
  }
}

// ---- account: known by a cookie that scripts cannot read, as the cart is

async function accountPage() {
  const turn = shown;
  const sessions = await api('/v1/sessions').catch((error) => { if (error.status === 401) return null; throw error; });
  if (turn !== shown) return;
  const said = el('p', { id: 'said', role: 'status' });
  if (sessions !== null) {
    const out = el('button', { id: 'sign-out', onclick: async () => {
      await fetch('/v1/sessions/current', { method: 'DELETE' });
      await cart();
      await accountPage();
    } }, 'Sign out');
    show(el('h1', {}, 'Account'), el('p', {}, `You are signed in on ${sessions.sessions.length} device(s).`), out);
    return;
  }
  const email = el('input', { id: 'email', type: 'email', autocomplete: 'email', required: true });
  const password = el('input', { id: 'password', type: 'password', autocomplete: 'current-password', minlength: 10, required: true });
  const act = (signsUp) => async () => {
    const body = { email: email.value, password: password.value };
    try {
      if (signsUp) await api('/v1/accounts', sending('POST', body));
      await api('/v1/sessions', sending('POST', body));
      // What was put in as a guest is taken over.
      await cart();
      await accountPage();
    } catch (error) { said.textContent = error.message; }
  };
  show(el('h1', {}, 'Account'),
    el('p', {}, el('label', { for: 'email' }, 'E-mail '), email),
    el('p', {}, el('label', { for: 'password' }, 'Password, ten characters or more '), password),
    el('p', {}, el('button', { id: 'sign-in', onclick: act(false) }, 'Sign in'), ' ',
      el('button', { id: 'sign-up', class: 'plain', onclick: act(true) }, 'Sign up')), said);
}

// ---- orders, told by server-sent events; fetched, because an EventSource names no shopper

const steps = ['placed', 'confirmed', 'picking', 'shipped', 'delivered'];

async function orderPage(id) {
  const turn = shown;
  const status = el('p', { id: 'status', class: 'price', role: 'status' }, '…');
  const bar = el('progress', { max: steps.length - 1, value: 0, 'aria-label': 'How far the order is' });
  const what = el('p', {});
  show(el('h1', {}, 'Order'), el('p', { class: 'soft' }, id), what, status, bar);
  const stop = new AbortController();
  ending = () => stop.abort();
  for (let done = false; !done && turn === shown;) {
    const answer = await fetch(`/v1/orders/${id}/events`, { headers: { 'x-shopper-id': shopper }, signal: stop.signal });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ''; ;) {
      const { value, done: ended } = await reader.read();
      if (ended) break;
      text += value;
      const events = text.split('\n\n');
      text = events.pop();
      for (const event of events) {
        const data = event.split('\n').find((line) => line.startsWith('data: '));
        if (!data) continue;
        const order = JSON.parse(data.slice(6));
        const lines = order.lines ?? [order];
        what.textContent = `${lines.map((line) => `${line.quantity} × ${line.sku}`).join(', ')}: ${money(order.amount_cents, order.currency)}`;
        status.textContent = order.status;
        bar.value = Math.max(0, steps.indexOf(order.status));
        done = ['delivered', 'failed', 'refunded', 'cancelled'].includes(order.status);
      }
    }
  }
}

// ---- the way around

async function go() {
  shown += 1;
  ending?.();
  ending = null;
  const turn = shown;
  const [page, rest] = location.hash.replace(/^#\//, '').split('/');
  const name = decodeURIComponent(rest ?? '');
  try {
    if (page === 'p') await productPage(name);
    else if (page === 'cart') await cartPage();
    else if (page === 'o') await orderPage(name);
    else if (page === 's') await searchPage(new URLSearchParams(name));
    else if (page === 'me') await accountPage();
    else await listPage(page === 'c' ? name : '');
  } catch (error) {
    if (turn === shown && error.name !== 'AbortError') show(told(error));
  }
  if (turn === shown && turn > 1) main.focus();
}

async function categories() {
  const { categories: known } = await api('/v1/categories');
  const links = known.map((one) => el('a', { href: `#/c/${encodeURIComponent(one.category)}` }, one.name));
  document.getElementById('categories').replaceChildren(el('a', { href: '#/' }, 'All'), ...links);
}

addEventListener('hashchange', go);
go();
categories().catch(() => {});
if (!location.hash.startsWith("#/cart")) cart().catch(() => {});
