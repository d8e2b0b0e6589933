//! Commands of Terraform that are refused by name, with what to do instead.

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;

use crate::exit::Exit;
use crate::workplace::Workplace;

/// `aksel test`
pub(crate) fn test(place: &Workplace) -> Exit {
    place.screen.fail(
        &Diagnostic::error(Code::Usage, "aksel has no `test`")
            .detail("Files that end in .tftest.hcl are not run.")
            .help("Write `check` blocks and conditions, and run the configuration against the sandbox: aksel apply -sandbox."),
    )
}

/// `aksel login`
pub(crate) fn login(place: &Workplace) -> Exit {
    place.screen.fail(
        &Diagnostic::error(Code::Usage, "aksel has no `login`")
            .detail("aksel works with no service that it could log in to: state is kept in a file or in Azure Blob Storage.")
            .help("For a private module registry set TF_TOKEN_<host> or write a `credentials` block into ~/.terraformrc; for Azure: az login."),
    )
}

/// `aksel logout`
pub(crate) fn logout(place: &Workplace) -> Exit {
    place.screen.fail(
        &Diagnostic::error(Code::Usage, "aksel has no `logout`")
            .detail("aksel stores no credentials, so there are none to forget.")
            .help("Credentials of a module registry are in ~/.terraformrc or in TF_TOKEN_<host>; those of Azure: az logout."),
    )
}
