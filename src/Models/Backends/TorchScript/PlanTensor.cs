using ModelService.Models.Graph;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>A tensor that a program is given before it runs.</summary>
internal abstract record PlanTensor;

/// <summary>The weight of a convolution or linear layer, with its norms folded in.</summary>
/// <param name="Source">The weight and its norms.</param>
/// <param name="IsFloat32">Whether it is in float32, whatever the plan's precision.</param>
internal sealed record WeightTensor(WeightSource Source, bool IsFloat32) : PlanTensor;

/// <summary>The bias of a convolution or linear layer, with its norms folded in.</summary>
/// <param name="Source">The bias and its norms.</param>
/// <param name="IsFloat32">Whether it is in float32, whatever the plan's precision.</param>
internal sealed record BiasTensor(WeightSource Source, bool IsFloat32) : PlanTensor;

/// <summary>The weight of a layer that computes with 8-bit integers, rounded to int8.</summary>
internal sealed record Int8WeightTensor(WeightSource Source) : PlanTensor;

/// <summary>The scales of that weight, one for each output channel.</summary>
internal sealed record WeightScaleTensor(WeightSource Source) : PlanTensor;

/// <summary>The zero points of that weight, which are all 0.</summary>
internal sealed record WeightZeroPointTensor(WeightSource Source) : PlanTensor;

/// <summary>The bias of a layer that computes with 8-bit integers, in float32, with its correction.</summary>
internal sealed record CorrectedBiasTensor(WeightSource Source) : PlanTensor;

/// <summary>A tensor of the state dict in the plan's precision.</summary>
internal sealed record ConvertedTensor(string Name) : PlanTensor;

/// <summary>The bias of attention in windows: <c>[1 or windows, heads, L, L]</c>, in the plan's precision.</summary>
internal sealed record PositionBiasTensor(PositionBias Bias) : PlanTensor;

/// <summary>The factor of a cosine, whose logarithm is in the state dict, in the plan's precision.</summary>
internal sealed record LogitScaleTensor(string Name) : PlanTensor;

/// <summary>
/// The scale or shift of a group or layer norm. On the CPU it is in float32, which loses nothing; on a GPU the kernels
/// take it in the format of their input alone.
/// </summary>
internal sealed record NormTensor(string Name) : PlanTensor;

/// <summary>A tensor of the state dict as it is, in float32.</summary>
internal sealed record ParameterTensor(string Name) : PlanTensor;
