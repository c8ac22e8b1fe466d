/** A shorter one is no secret worth the name, and would blank out ordinary words. */
const shortest = 10;
const secrets = new Set<string>();

/** Whether an environment variable of this name holds what nobody may read. */
export function looksSecret(name: string): boolean {
  return /KEY|SECRET|TOKEN|PASSWORD|DATABASE_URL/.test(name);
}

/** Keeps what secret variables hold, and every address's password, out of what the process says from now on. */
export function keepSecrets(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value = ''] of Object.entries(environment)) {
    if (looksSecret(name)) keep(value);
    for (const address of looksSecret(name) ? [value] : value.split(',')) {
      const [, password] = /^\s*\w+:\/\/[^:/]*:(.*)@/.exec(address) ?? [];
      if (password === undefined) continue;
      keep(password);
      keep(decoded(password));
    }
  }
}

/**
 * A text without any secret of the configuration: servers may repeat in an error what they were sent, and proxies
 * do so.
 */
export function withoutSecrets(text: string): string {
  let cleaned = text;
  for (const secret of secrets) cleaned = cleaned.replaceAll(secret, '[secret]');
  return cleaned;
}

/** In the ways it may be printed. */
function keep(secret: string): void {
  if (secret.length < shortest) return;
  secrets.add(secret).add(encodeURIComponent(secret)).add(JSON.stringify(secret).slice(1, -1));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
