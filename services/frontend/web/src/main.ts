import '@fontsource-variable/inter';
import 'vuetify/styles/core';
import './page.css';
import { createApp } from 'vue';
import App from './app.vue';
import { vuetify } from './theme.ts';

createApp(App).use(vuetify).mount('#app');
