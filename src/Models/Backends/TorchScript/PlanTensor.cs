using ModelService.Models.Graph;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>A tensor that a program is given before it runs.</summary>
internal abstract record PlanTensor;

/// <summary>The weight of a convolution or linear layer, norms folded in, in the plan's precision or in float32.</summary>
internal sealed record WeightTensor(WeightSource Source, bool IsFloat32) : PlanTensor;

/// <summary>Its bias.</summary>
internal sealed record BiasTensor(WeightSource Source, bool IsFloat32) : PlanTensor;

/// <summary>A tensor as the module has it, in float32.</summary>
internal sealed record ModuleTensor(string Name) : PlanTensor;
