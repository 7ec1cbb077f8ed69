const METHODS: Record<string, string> = { lora: 'LoRA', 'ffa-lora': 'FFA-LoRA', 'lora-fa': 'LoRA-FA' };
const OPTIMIZERS: Record<string, string> = { sgd: 'SGD', adamw: 'AdamW' };

/** Names of methods are names in every language. */
export const method = (of: string) => METHODS[of] ?? of;
export const optimizer = (of: string) => OPTIMIZERS[of] ?? of;

/** Enough of a hash to know it again. */
export const short = (hash: string) => hash.slice(0, 'sha256:'.length + 12);
