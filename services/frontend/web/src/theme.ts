import { createVuetify } from 'vuetify';
import { aliases, mdi } from 'vuetify/iconsets/mdi-svg';

/** Kingfisher: teal on warm paper, or on slate at night, with one orange. Text contrasts at least 4.5:1. */
export const vuetify = createVuetify({
  icons: { defaultSet: 'mdi', aliases, sets: { mdi } },
  theme: {
    defaultTheme: 'system',
    cspNonce: document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '',
    themes: {
      light: {
        colors: {
          background: '#F5F4EF',
          surface: '#FFFFFF',
          'surface-light': '#ECEAE2',
          'on-background': '#1A2426',
          'on-surface': '#1A2426',
          primary: '#0B6E75',
          secondary: '#B84A16',
          success: '#1F6F46',
          warning: '#8A5A00',
          error: '#B3261E',
        },
        variables: { 'border-color': '#1A2426', 'border-opacity': 0.1 },
      },
      dark: {
        dark: true,
        colors: {
          background: '#0D1214',
          surface: '#151C1F',
          'surface-light': '#202A2E',
          'on-background': '#E6ECEC',
          'on-surface': '#E6ECEC',
          primary: '#63CBD2',
          'on-primary': '#06282B',
          secondary: '#FF9F70',
          success: '#7AD3A0',
          warning: '#F0BC5E',
          error: '#FF8F86',
        },
        variables: { 'border-color': '#E6ECEC', 'border-opacity': 0.12 },
      },
    },
  },
  defaults: {
    VBtn: { variant: 'text' },
    VTextField: { variant: 'outlined', density: 'comfortable', color: 'primary' },
    VTextarea: { variant: 'outlined', density: 'comfortable', color: 'primary' },
    VTooltip: { location: 'bottom' },
  },
});
