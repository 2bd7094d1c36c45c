import type { Habit } from './plant.js'

/** What is grown and scanned for the demo. */
export interface Species {
  id: string
  habit: Habit
  acquired: string
  object: Record<string, string>
}

const DEGREES = Math.PI / 180

export const species: Species[] = [
  {
    id: 'demo_arabidopsis',
    acquired: '2026-03-14 09:30:00',
    object: {
      species: 'Arabidopsis thaliana',
      plant_id: 'demo_Col-0_1',
      environment: 'growth chamber',
      culture: 'LD',
      sample: 'main stem',
      age: '62d',
      treatment: 'none'
    },
    habit: {
      seed: 1,
      organs: 14,
      divergence: 137.5 * DEGREES,
      irregularity: 8 * DEGREES,
      firstNode: 20,
      internode: 15,
      stemRadius: 3,
      leafLength: 75,
      leafWidth: 22,
      rise: 0.9,
      droop: 0.5
    }
  },
  {
    id: 'demo_maize',
    acquired: '2026-03-21 14:05:00',
    object: {
      species: 'Zea mays',
      plant_id: 'demo_B73_1',
      environment: 'greenhouse',
      culture: 'pot',
      sample: 'whole plant',
      age: '35d',
      treatment: 'none'
    },
    habit: {
      seed: 2,
      organs: 9,
      divergence: 180 * DEGREES,
      irregularity: 10 * DEGREES,
      firstNode: 35,
      internode: 24,
      stemRadius: 6,
      leafLength: 150,
      leafWidth: 24,
      rise: 1.2,
      droop: 1.3
    }
  }
]
