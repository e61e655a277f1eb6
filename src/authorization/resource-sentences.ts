import { OWN_RESOURCE } from '../protocol/resource.ts'
import type { Resources } from '../resources/resources.ts'
import { say, type Text, type Words } from '../texts/text.ts'

/** One sentence for each resource that is not this server: the configuration's, or one with its name, else its identifier. */
export function resourceSentences(
  resource: readonly string[],
  resources: Pick<Resources, 'find'>,
): readonly (Text | string | Words)[] {
  return resource
    .filter((one) => one !== OWN_RESOURCE)
    .map((one) => {
      const { sentence, resource_name } = resources.find(one) ?? {}
      return sentence ?? say('resource.use', { resource: resource_name ?? one })
    })
}
