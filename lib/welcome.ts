interface Served { host: string, port: number, password: string | undefined, /** Whether nobody is asked who they are. */ open: boolean, /** How many scans there are, if that is known yet. */ scans: number | undefined }

const inUrl = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

/** What is printed once the service serves: where it is and how to sign in. */
export function welcome ({ host, port, password, open, scans }: Served): string {
  const url = `http://${inUrl(host)}:${port}`
  const account = password === undefined
    ? []
    : [
        '',
        '  The first account was made. Its password is shown this once:',
        '    user      admin',
    `    password  ${password}`
      ]
  const secret = password ?? 'YOUR-PASSWORD'
  const warning = open ? ['', '  AUTH=off: nobody is asked who they are. Whoever can call this port is admin.', '  For tests and notebooks only.'] : []
  const demo = scans === 0 ? ['', '  There are no data sets yet. Two made-up ones, to look at:', '    node bin/guardcell.js demo'] : []
  return ['',
    `  Guardcell serves on ${url}`,
    `  The routes, to read and to try: ${url}/docs`,
    ...warning,
    ...account,
    '',
    '  Sign in:',
    `    curl -s ${url}/v1/auth/login -H 'content-type: application/json' -d '${JSON.stringify({ username: 'admin', password: secret })}'`,
    ...demo,
    '', ''
  ].join('\n')
}
