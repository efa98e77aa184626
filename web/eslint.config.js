import js from '@eslint/js';
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'e2e/results/', 'dev/'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'max-lines': ['error', 400],
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig },
    },
    rules: {
      // The router is our own and keeps every address under the root, so there is nothing to resolve.
      'svelte/no-navigation-without-resolve': 'off',
      // Markup that comes as text is only ever shown through <img>, never put into the page.
      'svelte/no-at-html-tags': 'error',
      // The policy of every page refuses style attributes; style:width={…} goes through the CSSOM.
      'no-restricted-syntax': [
        'error',
        { selector: "SvelteAttribute[key.name='style']", message: 'Use a class or style:name={…}.' },
      ],
      // Plain maps are used on purpose where nothing on the screen follows them.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
);
