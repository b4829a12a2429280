// The types of preact.js, which is htm's bundle of Preact, its hooks and htm.
export * from "preact";
export * from "preact/hooks";
import { h } from "preact";
export declare const html: (strings: TemplateStringsArray, ...values: any[]) => ReturnType<typeof h>;
