/** One environment variable of a container, with where its value comes from. */

/** What a variable was taken from. A literal may still hold others' values, through `$(NAME)`. */
export type VariableOrigin =
  | { readonly kind: 'literal' }
  | { readonly kind: 'configMap' | 'secret'; readonly name: string; readonly key: string }
  | { readonly kind: 'field'; readonly fieldPath: string }
  | { readonly kind: 'resourceField'; readonly container: string; readonly resource: string }
  | { readonly kind: 'file'; readonly volumeName: string; readonly path: string; readonly key: string }
  | { readonly kind: 'service'; readonly name: string };

export interface EnvironmentVariable {
  readonly name: string;
  /** Undefined while it is not known: see `waitsFor`. */
  readonly value: string | undefined;
  readonly origin: VariableOrigin;
  /** Whether a Secret's data is in the value, by its origin or through `$(NAME)`. A backend should keep it as a secret. */
  readonly secret: boolean;
  /** What the value still needs, such as `status.podIP`, or a file that an init container is to write. */
  readonly waitsFor: readonly string[];
}
