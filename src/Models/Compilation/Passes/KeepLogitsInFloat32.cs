using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Computes a last linear layer, which gives the logits, in float32 whatever the plan's precision. The 8 bits of
/// bfloat16 would make close logits equal, and the last layer costs little.
/// </summary>
internal static class KeepLogitsInFloat32
{
    public static Plan Apply(Plan plan) =>
        plan with
        {
            Operators =
            [
                .. plan.Operators.Select(item =>
                    item is LinearOperator logits && logits.Output == plan.Output
                        ? logits with
                        {
                            IsFloat32 = true,
                        }
                        : item
                ),
            ],
        };
}
