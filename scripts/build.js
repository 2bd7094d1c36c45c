// Compiles the service to dist/ and puts the Lua files beside the code that loads them.
import { build } from './steps/build.js'

build()
