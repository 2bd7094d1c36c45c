import neostandard from 'neostandard'
import tseslint from 'typescript-eslint'

const restrict = (files, patterns, ignores = []) => ({
  files,
  ignores,
  rules: { 'no-restricted-imports': ['error', { patterns }] }
})

/** The layers: route -> decorator -> lib service -> lib store. Imports flow one way. */
const boundaries = [
  restrict(['lib/**/*.ts'], [
    { group: ['#lib/*'], message: 'inside lib use relative paths' },
    { group: ['**/plugins/**', '**/routes/**'], message: 'lib knows neither plugins nor routes' },
    { group: ['fastify', 'fastify-plugin', '@fastify/*'], message: 'lib knows no Fastify; only app.ts and the entries put it together' }
  ], ['lib/app.ts', 'lib/cli.ts', 'lib/commands.ts']),
  restrict(['plugins/**/*.ts'], [
    { group: ['./*', '**/routes/**', '**/plugins/**'], message: 'plugins meet through decorators only' }
  ]),
  restrict(['routes/**/*.ts'], [
    { group: ['./*', '**/plugins/**'], message: 'routes use decorators' },
    { regex: '^#lib/(?!.*schema\\.js$)', message: 'routes import schemas only' }
  ])
]

export default [
  ...neostandard({ ts: true, ignores: ['.build/**', 'dist/**', '.tap/**', 'node_modules/**'] }),
  ...tseslint.configs.recommendedTypeChecked.map(config => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'no-void': ['error', { allowAsStatement: true }],
      // A noun's schema and its type share a name; the compiler tells real redeclarations.
      '@typescript-eslint/no-redeclare': 'off',
      // Fastify takes async hooks and plugins that happen not to wait for anything.
      '@typescript-eslint/require-await': 'off'
    }
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'no-unmodified-loop-condition': 'off',
      // Answers of the service are looked at as they come.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: '@tapjs/core' }, { from: 'package', name: 'test', package: '@tapjs/test' }, { from: 'package', name: 'test', package: 'tap' }] }],
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off'
    }
  },
  ...boundaries
]
