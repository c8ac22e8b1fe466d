interface Visited {
  address: string;
  response: Response;
}

type Sent = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

/** A browser as far as signing in needs one: keeps cookies by host, follows redirects, says where it comes from. */
export class Visitor {
  readonly #publicUrl: string;
  readonly #serverUrl: string;
  /** By host and name. */
  readonly #cookies = new Map<string, Map<string, string>>();

  /** @param options.publicUrl as which it knows what listens at `serverUrl`. */
  constructor(options: { publicUrl: string; serverUrl: string }) {
    this.#publicUrl = options.publicUrl;
    this.#serverUrl = options.serverUrl;
  }

  /** Follows redirects. @returns where it ended, and what was there. */
  visit(address: string): Promise<Visited> {
    return this.#follow(new URL(address, this.#publicUrl).href, {});
  }

  /** Goes where a page asks "Sign out?", and says yes. */
  async confirm(address: string): Promise<Visited> {
    const page = await (await this.visit(address)).response.text();
    const [, action = ''] = /action="([^"]+)"/.exec(page) ?? [];
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
    const body = new URLSearchParams({ xsrf, logout: 'yes' });
    return this.#follow(action, { method: 'POST', body });
  }

  async #follow(address: string, init: Sent): Promise<Visited> {
    let at = address;
    for (let hops = 0; hops < 20; hops += 1) {
      const response = await this.#send(at, { ...(hops === 0 && init), redirect: 'manual' });
      const location = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || location === null) {
        return { address: at, response };
      }
      at = new URL(location, at).href;
    }
    throw new Error(`${address} redirects without end.`);
  }

  /** As the page's own script sends it. */
  ask(method: string, path: string, content?: object): Promise<Response> {
    return this.#send(new URL(path, this.#publicUrl).href, {
      method,
      headers: {
        origin: this.#publicUrl,
        'sec-fetch-site': 'same-origin',
        ...(content && { 'content-type': 'application/json' }),
      },
      ...(content && { body: JSON.stringify(content) }),
    });
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(new URL(this.#publicUrl).host)?.get(name);
  }

  setCookie(name: string, value: string): void {
    this.#jar(new URL(this.#publicUrl).host).set(name, value);
  }

  async #send(address: string, init: Sent): Promise<Response> {
    const { host } = new URL(address);
    const jar = this.#jar(host);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(address.replace(this.#publicUrl, this.#serverUrl), {
      ...init,
      headers: { ...init.headers, ...(cookie && { cookie }) },
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(set)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  #jar(host: string): Map<string, string> {
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    return jar;
  }
}
