// @ts-check
/** What components are written with: Preact's functions and the `html` template, as one import. */
export {
  html,
  h,
  render,
  createContext,
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "../vendor/preact.js";
