"""`%mlsec` and `%%mlsec`: the command line's words and options, inside the notebook."""

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class

if TYPE_CHECKING:
    from .commands import Commands


@magics_class
class MlsecMagics(Magics):  # type: ignore[misc]
    """One magic with the command line's commands."""

    commands: "Commands | None" = None

    @line_cell_magic  # type: ignore[untyped-decorator]
    def mlsec(self, line: str, cell: str | None = None) -> Any:
        """Audit this notebook, a file, a folder or a variable; `%%mlsec` checks a cell and runs it only when it passes.

        %mlsec                          this notebook
        %mlsec scan PATH …              files and folders, with the options of `mlsec scan`
        %mlsec model m.pt               one scanner: model, data, container, deps, iac, api
        %mlsec data df                  a pandas, polars or Arrow table of this session
        %mlsec gate [NAME]              the four gates in one view, or one of them
        %mlsec history [REPO]           the cells and results of this session and of IPython's history file; of a
                                        git repository, every blob of it
        %mlsec guard on|off|status|report [--mode block|warn|strict] [PART …]
        %mlsec report                   the last report again
        %mlsec report FILE …            saved reports
        %mlsec explain RULE · rules · fix · baseline · profile · policy · doctor …   as on the command line

        The report is returned: `r = %mlsec scan .` keeps it. `--fail-on SEVERITY` raises when the audit fails, so
        that papermill and nbclient stop. `--view widget` gives the interactive view.
        """
        if self.commands is None:
            from .commands import Commands

            self.commands = Commands(self.shell)
        return self.commands.run(line, cell)


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext mlsec_nb`: the magic, and its completion."""
    from .completion import matcher

    shell.register_magics(MlsecMagics)
    completer = getattr(shell, "Completer", None)
    if completer is not None and matcher not in completer.custom_matchers:
        completer.custom_matchers.insert(0, matcher)
