import { readonly, shallowRef } from 'vue';
import { meSchema, signedOutSchema, type Me } from '../../shared/me.ts';
import { signInIsWanted } from './api.ts';

/** Undefined until the server has said. */
const me = shallowRef<Me>();

async function load(): Promise<void> {
  const response = await fetch('/api/me').catch(() => undefined);
  if (response?.ok !== true) return;
  me.value = meSchema.parse(await response.json());
  if (me.value.name !== null) signInIsWanted.value = false;
}

/** Here, and at the identity provider where that is possible: it leads back to this page. */
async function signOut(): Promise<void> {
  const response = await fetch('/auth/sign-out', { method: 'POST' });
  const { continueAt } = signedOutSchema.parse(await response.json());
  if (continueAt === null) await load();
  else location.assign(continueAt);
}

void load();
// Signing in happens in another tab when something is being edited here.
window.addEventListener('focus', () => {
  if (signInIsWanted.value) void load();
});

/** Back to what the page shows now. In a new tab, what has been begun here stays as it is. */
function signIn(target: '_self' | '_blank'): void {
  const here = `${location.pathname}${location.search}`;
  window.open(`/auth/sign-in?return=${encodeURIComponent(here)}`, target);
}

/** Who looks at the page, and whether they are asked to sign in. */
export function useEditor() {
  return { me: readonly(me), signInIsWanted, signIn, signOut };
}
