import { drawChart } from './draw.ts'

Object.assign(window, { drawChart })
