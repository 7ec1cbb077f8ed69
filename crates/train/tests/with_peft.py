"""What peft makes of an adapter that was written here, and an adapter that peft writes: for the test `peft`.

Usage: with_peft.py BASE_FOLDER ADAPTER_FOLDER OUT_FOLDER. Prints both rows of logits as JSON.
"""

import json
import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaForCausalLM

base, adapter, out = sys.argv[1:4]
tokens = torch.tensor([[(13 * i) % 250 for i in range(150)]])


def model():
    return LlamaForCausalLM.from_pretrained(base, torch_dtype=torch.float32, attn_implementation="eager").eval()


def logits(m):
    with torch.no_grad():
        return m(tokens).logits[0].flatten().tolist()


theirs = {"base": logits(model()), "ours": logits(PeftModel.from_pretrained(model(), adapter).eval())}
torch.manual_seed(3)
config = LoraConfig(r=3, lora_alpha=7, target_modules=["q_proj", "k_proj", "down_proj"], task_type="CAUSAL_LM")
made = get_peft_model(model(), config).eval()
for name, weight in made.named_parameters():
    if "lora_B" in name:
        torch.nn.init.normal_(weight, std=0.3)
theirs["peft"] = logits(made)
made.save_pretrained(out)
json.dump(theirs, sys.stdout)
