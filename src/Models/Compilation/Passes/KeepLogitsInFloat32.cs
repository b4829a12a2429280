using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Computes the scores themselves in float32 whatever the plan's precision: bfloat16's 8 bits would make ties of close ones, and the last
/// layer costs little.
/// </summary>
internal static class KeepLogitsInFloat32
{
    public static Plan Apply(Plan plan) =>
        plan with
        {
            Operators =
            [
                .. plan.Operators.Select(item =>
                    item is LinearOperator scores && scores.Output == plan.Output
                        ? scores with
                        {
                            IsFloat32 = true,
                        }
                        : item
                ),
            ],
        };
}
