"""Tiny random pipelines, made offline: the real classes of diffusers with a million weights, seconds on a CPU."""

import json
import os
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DDPMPipeline,
    DDPMScheduler,
    DiTPipeline,
    DiTTransformer2DModel,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    TextToVideoSDPipeline,
    UNet2DConditionModel,
    UNet2DModel,
    UNet3DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer


def tokenizer(folder: Path) -> CLIPTokenizer:
    """A CLIP tokenizer with a byte-level vocabulary and no merges."""
    printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    characters = [chr(byte) for byte in printable] + [chr(256 + at) for at in range(256 - len(printable))]
    words = characters + [one + "</w>" for one in characters] + ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


def _text_config(vocabulary: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        bos_token_id=vocabulary - 2,
        eos_token_id=vocabulary - 1,
        hidden_size=32,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        pad_token_id=1,
        vocab_size=vocabulary,
        projection_dim=32,
    )


def _vae(**more: object) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=[32, 64],
        in_channels=3,
        out_channels=3,
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=4,
        norm_num_groups=8,
        **more,
    )


_UNET = dict(
    block_out_channels=(32, 64),
    layers_per_block=1,
    sample_size=8,
    in_channels=4,
    out_channels=4,
    norm_num_groups=8,
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
)


def stable_diffusion(folder: Path) -> StableDiffusionPipeline:
    torch.manual_seed(0)
    words = tokenizer(folder)
    pipe = StableDiffusionPipeline(
        vae=_vae(),
        text_encoder=CLIPTextModel(_text_config(len(words))),
        tokenizer=words,
        unet=UNet2DConditionModel(cross_attention_dim=32, attention_head_dim=8, **_UNET),
        scheduler=DDIMScheduler(clip_sample=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def loaded(folder: Path) -> StableDiffusionPipeline:
    """The same, from files, as users have theirs: its folder is its name, and its weights have a hash."""
    stable_diffusion(folder / "words").save_pretrained(folder / "anime-v7")
    pipe = StableDiffusionPipeline.from_pretrained(str(folder / "anime-v7"), local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def stable_diffusion_xl(folder: Path) -> StableDiffusionXLPipeline:
    torch.manual_seed(0)
    words = tokenizer(folder)
    pipe = StableDiffusionXLPipeline(
        vae=_vae(sample_size=128),
        text_encoder=CLIPTextModel(_text_config(len(words))),
        tokenizer=words,
        unet=UNet2DConditionModel(
            attention_head_dim=(2, 4),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            transformer_layers_per_block=(1, 2),
            projection_class_embeddings_input_dim=80,
            cross_attention_dim=64,
            **_UNET,
        ),
        text_encoder_2=CLIPTextModelWithProjection(_text_config(len(words))),
        tokenizer_2=words,
        scheduler=EulerDiscreteScheduler(),
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def ddpm() -> DDPMPipeline:
    """Without text, decoder or step callback."""
    torch.manual_seed(0)
    unet = UNet2DModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        sample_size=8,
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    )
    pipe = DDPMPipeline(unet, DDPMScheduler())
    pipe.set_progress_bar_config(disable=True)
    return pipe


def dit() -> DiTPipeline:
    """A transformer in the place of a UNet, classes in the place of prompts."""
    torch.manual_seed(0)
    transformer = DiTTransformer2DModel(
        sample_size=8,
        num_layers=2,
        patch_size=4,
        attention_head_dim=8,
        num_attention_heads=2,
        in_channels=4,
        out_channels=8,
        attention_bias=True,
        activation_fn="gelu-approximate",
        num_embeds_ada_norm=1000,
        norm_type="ada_norm_zero",
        norm_elementwise_affine=False,
    )
    pipe = DiTPipeline(transformer=transformer, vae=_vae(), scheduler=DDIMScheduler())
    pipe.set_progress_bar_config(disable=True)
    return pipe


def video(folder: Path) -> TextToVideoSDPipeline:
    torch.manual_seed(0)
    words = tokenizer(folder)
    unet = UNet3DConditionModel(
        block_out_channels=(8, 8),
        layers_per_block=1,
        sample_size=32,
        down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"),
        up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"),
        cross_attention_dim=32,
        attention_head_dim=4,
        norm_num_groups=2,
    )
    pipe = TextToVideoSDPipeline(
        vae=_vae(),
        text_encoder=CLIPTextModel(_text_config(len(words))),
        tokenizer=words,
        unet=unet,
        scheduler=DDIMScheduler(clip_sample=False, steps_offset=1),
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


os.environ.setdefault("HF_HUB_OFFLINE", "1")
