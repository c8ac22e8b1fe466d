import js from '@eslint/js';
import globals from 'globals';
import vue from 'eslint-plugin-vue';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const outsideConfig = ['process', 'env'];

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', '.aviary/', 'local/model/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    ignores: ['services/frontend/web/**'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      globals: globals.node,
      parserOptions: {
        project: ['./tsconfig.json', './infra/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    // The environment is read in one place a program: its config.
    files: ['packages/**/*.ts', 'services/*/src/**/*.ts', 'services/frontend/server/**/*.ts'],
    ignores: ['**/config.ts', '**/main.ts', '**/*.test.ts', 'packages/testing/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: outsideConfig[0],
          property: outsideConfig[1],
          message: 'Only config.ts reads the environment.',
        },
      ],
    },
  },
  {
    files: ['services/frontend/web/**/*.{ts,vue}'],
    extends: [tseslint.configs.recommended, vue.configs['flat/recommended']],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: tseslint.parser, extraFileExtensions: ['.vue'] },
    },
    // Prettier owns layout.
    rules: {
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: globals.node },
  },
);
